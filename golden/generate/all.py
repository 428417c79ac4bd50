"""Write everything under golden/data, the same bytes every time."""
import one_thread  # noqa: F401

from cases import cases
from header import DATA
from write_attention import write_attention
from write_deviations import write_deviations
from write_models import write_model
from write_shape_files import write_shape_files


def main():
    DATA.mkdir(exist_ok=True)
    write_attention()
    write_deviations()
    write_shape_files(cases())
    for case in cases():
        write_model(case)
        print(case.name)


if __name__ == "__main__":
    main()
