#include "delta/snapshot_cache.h"

namespace sluice::delta {

SnapshotCache::Ptr SnapshotCache::Find(const std::string& table, Version version) {
  const std::lock_guard lock(mutex_);
  const auto versions = tables_.find(table);
  if (versions == tables_.end()) return nullptr;
  const auto found = versions->second.find(version);
  if (found == versions->second.end()) return nullptr;
  items_.splice(items_.begin(), items_, found->second);
  return found->second->snapshot;
}

SnapshotCache::Ptr SnapshotCache::FindUpTo(const std::string& table, Version version) const {
  const std::lock_guard lock(mutex_);
  const auto versions = tables_.find(table);
  if (versions == tables_.end()) return nullptr;
  const auto behind = versions->second.upper_bound(version);
  if (behind == versions->second.begin()) return nullptr;
  return std::prev(behind)->second->snapshot;
}

void SnapshotCache::Put(const std::string& table, Ptr snapshot) {
  const uint64_t own =
      snapshot->memory().value - snapshot->files().base()->memory().value + table.size();
  const Version version = snapshot->version();
  const std::lock_guard lock(mutex_);
  auto& versions = tables_[table];
  if (const auto old = versions.find(version); old != versions.end()) {
    SubtractBytes(*old->second);
    items_.erase(old->second);
  }
  items_.push_front({table, std::move(snapshot), {own}});
  versions[version] = items_.begin();
  AddBytes(items_.front());
  while (bytes_ > limit_.value && items_.size() > 1) Remove(std::prev(items_.end()));
  metrics_.SnapshotBytes(bytes_);
}

void SnapshotCache::Drop(const std::string& table) {
  const std::lock_guard lock(mutex_);
  const auto versions = tables_.find(table);
  if (versions == tables_.end()) return;
  for (const auto& [version, item] : versions->second) {
    SubtractBytes(*item);
    items_.erase(item);
  }
  tables_.erase(versions);
  metrics_.SnapshotBytes(bytes_);
}

ByteCount SnapshotCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return {bytes_};
}

void SnapshotCache::Remove(Items::iterator item) {
  SubtractBytes(*item);
  const auto versions = tables_.find(item->table);
  versions->second.erase(item->snapshot->version());
  if (versions->second.empty()) tables_.erase(versions);
  items_.erase(item);
}

void SnapshotCache::AddBytes(const Item& item) {
  const FileSegment* base = item.snapshot->files().base().get();
  if (bases_[base]++ == 0) bytes_ += base->memory().value;
  bytes_ += item.own.value;
}

void SnapshotCache::SubtractBytes(const Item& item) {
  const FileSegment* base = item.snapshot->files().base().get();
  const auto users = bases_.find(base);
  if (--users->second == 0) {
    bases_.erase(users);
    bytes_ -= base->memory().value;
  }
  bytes_ -= item.own.value;
}

}  // namespace sluice::delta
