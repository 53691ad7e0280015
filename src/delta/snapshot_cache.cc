#include "delta/snapshot_cache.h"

#include <utility>

namespace sluice::delta {
namespace {

// What `snapshot` holds beside its base, and beside what the one before it holds, if there is one.
// Only overlays of the same base have come from one another.
ByteCount OwnOf(const TableSnapshot& snapshot, const TableSnapshot* before) {
  const LiveFiles& files = snapshot.files();
  const bool related = before != nullptr && before->files().base() == files.base();
  const ByteCount overlay = related ? files.overlay()->MemoryBeyond(*before->files().overlay())
                                    : files.overlay()->memory();
  return {snapshot.memory().value - files.memory().value + overlay.value};
}

}  // namespace

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
  std::vector<Ptr> gone;  // freed without the lock
  const std::lock_guard lock(mutex_);
  auto& versions = tables_[table];
  const auto [place, added] = versions.try_emplace(snapshot->version());
  if (!added) {
    SubtractBase(*place->second);
    items_.splice(items_.begin(), items_, place->second);
    gone.push_back(std::exchange(items_.front().snapshot, std::move(snapshot)));
  } else {
    items_.push_front({table, std::move(snapshot), {}});
    place->second = items_.begin();
  }
  AddBase(items_.front());
  Recount(versions, place);
  Shrink(gone);
}

void SnapshotCache::Replace(const std::string& table, const Ptr& old, Ptr snapshot) {
  std::vector<Ptr> gone;
  const std::lock_guard lock(mutex_);
  const auto versions = tables_.find(table);
  if (versions == tables_.end()) return;
  const auto place = versions->second.find(old->version());
  if (place == versions->second.end() || place->second->snapshot != old) return;
  Item& item = *place->second;
  SubtractBase(item);
  gone.push_back(std::exchange(item.snapshot, std::move(snapshot)));
  AddBase(item);
  Recount(versions->second, place);
  Shrink(gone);
}

void SnapshotCache::Shrink(std::vector<Ptr>& gone) {
  while (bytes_ > limit_.value && items_.size() > 1) {
    gone.push_back(items_.back().snapshot);
    Remove(std::prev(items_.end()));
  }
  metrics_.SnapshotBytes(bytes_);
}

void SnapshotCache::Drop(const std::string& table) {
  std::vector<Ptr> gone;
  const std::lock_guard lock(mutex_);
  const auto versions = tables_.find(table);
  if (versions == tables_.end()) return;
  for (const auto& [version, item] : versions->second) {
    SubtractBase(*item);
    bytes_ -= item->own.value;
    gone.push_back(std::move(item->snapshot));
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
  SubtractBase(*item);
  bytes_ -= item->own.value;
  const auto table = tables_.find(item->table);
  Versions& versions = table->second;
  const auto next = versions.erase(versions.find(item->snapshot->version()));
  items_.erase(item);
  if (next != versions.end()) {
    Recount(versions, next);
  } else if (versions.empty()) {
    tables_.erase(table);
  }
}

void SnapshotCache::Recount(const Versions& versions, Versions::const_iterator place) {
  const TableSnapshot* before =
      place == versions.begin() ? nullptr : std::prev(place)->second->snapshot.get();
  for (int i = 0; i < 2 && place != versions.end(); ++i, ++place) {
    Item& item = *place->second;
    bytes_ -= item.own.value;
    item.own = {OwnOf(*item.snapshot, before).value + item.table.size()};
    bytes_ += item.own.value;
    before = item.snapshot.get();
  }
}

void SnapshotCache::AddBase(const Item& item) {
  const FileSegment* base = item.snapshot->files().base().get();
  if (bases_[base]++ == 0) bytes_ += base->memory().value;
}

void SnapshotCache::SubtractBase(const Item& item) {
  const FileSegment* base = item.snapshot->files().base().get();
  const auto users = bases_.find(base);
  if (--users->second > 0) return;
  bases_.erase(users);
  bytes_ -= base->memory().value;
}

}  // namespace sluice::delta
