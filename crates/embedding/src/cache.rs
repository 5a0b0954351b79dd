//! Vectors by the content of their text: a bounded cache, in shards that are locked one by one.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};

use crate::{Embedded, Role};

const SHARDS: usize = 64;
/// What an entry costs beside its numbers: keys, table, allocation.
const OVERHEAD: usize = 128;

/// The content of a text with its role: the first half of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 16]);

impl Key {
    pub(crate) fn of(role: Role, text: &str) -> Self {
        let role: &[u8] = match role {
            Role::Query => b"q",
            Role::Passage => b"p",
        };
        let digest = Sha256::new_with_prefix(role).chain_update(text).finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(key)
    }
}

/// The cache. What was asked for since it was last looked at stays; else the oldest goes first (the clock algorithm).
pub(crate) struct Cache {
    shards: Vec<Mutex<Shard>>,
    /// Bytes that a shard may hold.
    limit: usize,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<Key, Entry>,
    order: VecDeque<Key>,
    bytes: usize,
}

struct Entry {
    value: Arc<Embedded>,
    used: bool,
}

impl Cache {
    /// A cache of at most so many bytes; 0: none.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), limit: bytes / SHARDS }
    }

    pub(crate) fn get(&self, key: Key) -> Option<Arc<Embedded>> {
        let mut shard = self.shard(key);
        let entry = shard.entries.get_mut(&key)?;
        entry.used = true;
        Some(entry.value.clone())
    }

    pub(crate) fn insert(&self, key: Key, value: Arc<Embedded>) {
        let size = size(&value);
        if size > self.limit {
            return;
        }
        let mut shard = self.shard(key);
        if shard.entries.contains_key(&key) {
            return;
        }
        while shard.bytes + size > self.limit {
            shard.evict();
        }
        shard.bytes += size;
        shard.order.push_back(key);
        shard.entries.insert(key, Entry { value, used: false });
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).bytes).sum()
    }

    fn shard(&self, key: Key) -> MutexGuard<'_, Shard> {
        lock(&self.shards[usize::from(key.0[0]) % SHARDS])
    }
}

impl Shard {
    fn evict(&mut self) {
        while let Some(key) = self.order.pop_front() {
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            if std::mem::take(&mut entry.used) {
                self.order.push_back(key);
                continue;
            }
            self.bytes -= size(&entry.value);
            self.entries.remove(&key);
            return;
        }
    }
}

fn size(value: &Embedded) -> usize {
    size_of_val(value.values.as_slice()) + OVERHEAD
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(number: f32) -> Arc<Embedded> {
        Arc::new(Embedded { values: vec![number; 32], truncated: false, tokens: 3 })
    }

    #[test]
    fn texts_and_roles_are_told_apart() {
        let cache = Cache::new(1 << 20);
        cache.insert(Key::of(Role::Query, "a"), value(1.0));
        assert_eq!(cache.get(Key::of(Role::Query, "a")).unwrap().values[0], 1.0);
        assert!(cache.get(Key::of(Role::Passage, "a")).is_none());
        assert!(cache.get(Key::of(Role::Query, "b")).is_none());
    }

    #[test]
    fn it_stays_within_its_bytes_and_keeps_what_is_used() {
        let limit = 64 * 10 * (32 * 4 + OVERHEAD);
        let cache = Cache::new(limit);
        let kept = Key::of(Role::Passage, "kept");
        cache.insert(kept, value(7.0));
        for number in 0..5000 {
            cache.insert(Key::of(Role::Passage, &number.to_string()), value(0.0));
            assert!(cache.get(kept).is_some(), "after {number}");
        }
        assert!(cache.bytes() <= limit && cache.bytes() > limit / 2, "{}", cache.bytes());
        assert!(cache.get(Key::of(Role::Passage, "0")).is_none());
    }

    #[test]
    fn a_cache_of_no_bytes_holds_nothing() {
        let cache = Cache::new(0);
        cache.insert(Key::of(Role::Query, "a"), value(1.0));
        assert_eq!(cache.bytes(), 0);
    }
}
