//! Memory that goes from one step of training to the next.
//!
//! A fresh buffer of some megabytes costs a page fault for every page and is filled with zeros before it is overwritten.
//! Buffers of tensors come back here when the tensor is dropped, and go out again as they are. Idle and used memory together
//! never exceed the most that was in use at once lately: the system gets back what a model or a shape needed that is gone.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::Bytes;
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty};

use crate::slices::real::Real;

/// Memory in units that are aligned for every element type.
type Storage = Vec<u128>;

/// Below this many units the allocator is as fast.
const SMALL: usize = 512;

/// Buffers that are taken before a peak is old: some steps of training, counted and not timed, so that a slow step is one too.
const PERIOD: usize = 1 << 13;

struct Pool {
    /// From the one that waits longest to the one that came last.
    idle: Vec<Storage>,
    idle_units: usize,
    used_units: usize,
    /// The most that was used at once in the last period and in this one.
    peaks: [usize; 2],
    /// Buffers that were taken in this period.
    taken: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool::new());

fn pool() -> MutexGuard<'static, Pool> {
    // Nothing in here can be left half done by a panic.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    const fn new() -> Self {
        Self { idle: Vec::new(), idle_units: 0, used_units: 0, peaks: [0; 2], taken: 0 }
    }

    fn take(&mut self, units: usize) -> Option<Storage> {
        self.used_units += units;
        self.peaks[1] = self.peaks[1].max(self.used_units);
        self.taken += 1;
        if self.taken == PERIOD {
            self.taken = 0;
            self.peaks = [self.peaks[1], self.used_units];
        }
        // The last one is likeliest to be in a cache.
        let found = self.idle.iter().rposition(|storage| storage.len() == units);
        let storage = found.map(|i| self.idle.remove(i));
        match storage {
            Some(_) => self.idle_units -= units,
            None => self.trim(),
        }
        storage
    }

    fn give(&mut self, storage: Storage) {
        self.used_units -= storage.len();
        self.idle_units += storage.len();
        self.idle.push(storage);
        self.trim();
    }

    fn most(&self) -> usize {
        self.peaks[0].max(self.peaks[1])
    }

    fn trim(&mut self) {
        while self.used_units + self.idle_units > self.most() && !self.idle.is_empty() {
            self.idle_units -= self.idle.remove(0).len();
        }
    }
}

/// Numbers in memory from the pool, to which it returns.
pub(crate) struct Buffer<R> {
    storage: Pooled,
    count: usize,
    element: core::marker::PhantomData<R>,
}

/// Room for `count` numbers, whose values are whatever was there before.
pub(crate) fn room<R: Real>(count: usize) -> Buffer<R> {
    let units = (count * size_of::<R>()).div_ceil(size_of::<u128>());
    let reused = if units < SMALL { None } else { pool().take(units) };
    let mut storage = Pooled(reused.unwrap_or_else(|| vec![0; units]));
    if cfg!(test) {
        // NaN in every element type: what nobody writes shows in the results.
        storage.0.fill(u128::MAX);
    }
    Buffer { storage, count, element: core::marker::PhantomData }
}

impl<R: Real> Buffer<R> {
    /// The same memory as Burn's storage of a tensor.
    pub(crate) fn into_bytes(self) -> Bytes {
        let length = self.count * size_of::<R>();
        // SAFETY: the controller's memory is initialized and at least `length` bytes long, and lives as long as it does.
        unsafe { Bytes::from_controller(Box::new(self.storage), length) }
    }
}

impl<R: Real> Deref for Buffer<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        &bytemuck::cast_slice(&self.storage.0)[..self.count]
    }
}

impl<R: Real> DerefMut for Buffer<R> {
    fn deref_mut(&mut self) -> &mut [R] {
        &mut bytemuck::cast_slice_mut(&mut self.storage.0)[..self.count]
    }
}

/// A buffer's memory, given back when it is dropped.
struct Pooled(Storage);

impl Drop for Pooled {
    fn drop(&mut self) {
        if self.0.len() >= SMALL {
            pool().give(core::mem::take(&mut self.0));
        }
    }
}

impl AllocationController for Pooled {
    fn alloc_align(&self) -> usize {
        align_of::<u128>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.0);
        // SAFETY: initialized bytes are valid as possibly uninitialized ones, and the caller promises to write only
        // initialized ones.
        Ok(unsafe { core::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let bytes: &[u8] = bytemuck::cast_slice(&self.0);
        // SAFETY: initialized bytes are valid as possibly uninitialized ones.
        Ok(unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) })
    }
}

#[cfg(test)]
mod tests {
    use super::{PERIOD, Pool, room};

    #[test]
    fn memory_comes_back_for_the_same_size_only() {
        let mut pool = Pool::new();
        assert!(pool.take(1000).is_none());
        pool.give(vec![7; 1000]);
        assert!(pool.take(1001).is_none());
        assert!(pool.take(1000).is_none_or(|storage| storage == [7; 1000]));
    }

    #[test]
    fn idle_and_used_memory_never_exceed_the_most_that_was_used_at_once_lately() {
        let mut pool = Pool::new();
        let mut held = Vec::new();
        for step in 0..1000_usize {
            let units = 600 + step * 7919 % 500;
            if step % 3 == 2 {
                pool.give(held.swap_remove(step % held.len()));
            } else {
                held.push(pool.take(units).unwrap_or_else(|| vec![0; units]));
            }
            assert_eq!(pool.used_units, held.iter().map(Vec::len).sum::<usize>());
            assert_eq!(pool.idle_units, pool.idle.iter().map(Vec::len).sum::<usize>());
            assert!(pool.used_units + pool.idle_units <= pool.most());
        }
    }

    /// Takes buffers of these sizes and gives them all back; how many were there already.
    fn step(pool: &mut Pool, sizes: &[usize]) -> usize {
        let taken: Vec<_> = sizes.iter().map(|units| (*units, pool.take(*units))).collect();
        let found = taken.iter().filter(|(_, storage)| storage.is_some()).count();
        taken.into_iter().for_each(|(units, storage)| pool.give(storage.unwrap_or_else(|| vec![0; units])));
        found
    }

    #[test]
    fn what_every_step_uses_is_there_in_every_step_but_the_first() {
        let mut pool = Pool::new();
        let sizes: Vec<usize> = (0..300).map(|i| 600 + i % 7).collect();
        assert_eq!(step(&mut pool, &sizes), 0);
        for _ in 0..4 * PERIOD / sizes.len() {
            assert_eq!(step(&mut pool, &sizes), sizes.len());
        }
    }

    #[test]
    fn what_nobody_used_for_two_periods_is_given_back() {
        let mut pool = Pool::new();
        step(&mut pool, &[600, 1_000_000, 2_000_000]);
        for _ in 0..2 * PERIOD - 4 {
            step(&mut pool, &[600]);
            assert_eq!(pool.idle_units, 3_000_600, "the period after that of the peak is not over yet");
        }
        step(&mut pool, &[600]);
        assert_eq!((pool.idle_units, pool.used_units), (600, 0));
    }

    #[test]
    fn bytes_hold_the_numbers_and_their_clones_are_independent() {
        let mut buffer = room::<f32>(5000);
        for (i, value) in buffer.iter_mut().enumerate() {
            *value = i as f32;
        }
        let mut bytes = buffer.into_bytes();
        let copy = bytes.clone();
        bytemuck::cast_slice_mut::<u8, f32>(&mut bytes)[0] = 9.0;
        assert_eq!(bytemuck::cast_slice::<u8, f32>(&copy)[..3], [0.0, 1.0, 2.0]);
        assert_eq!((bytes.len(), copy.len()), (20_000, 20_000));
    }
}
