#include "delta/snapshots.h"

#include <map>
#include <mutex>

#include "delta/table_log.h"

namespace sluice::delta {
namespace {

// Tables whose merge waits. Beyond, the next commit of a table asks again.
constexpr size_t kMaxMerges = 64;

}  // namespace

struct Snapshots::State {
  State(storage::Stores& table_stores, const CheckpointReader& reader, const Clock& clock,
        Metrics& metrics, SnapshotLimits snapshot_limits, std::unique_ptr<BackgroundWork> work)
      : stores(table_stores),
        limits(std::move(snapshot_limits)),
        cache(limits.cache, metrics),
        background(std::move(work)),
        context{reader, clock, metrics, limits, cache, *background} {}

  // Merges use the tables.
  ~State() { background.reset(); }

  // The table at a location; opening it reads nothing.
  Result<std::shared_ptr<TableLog>> Table(const std::string& location) {
    auto store = TRY(stores.Open(location));
    const std::lock_guard lock(mutex);
    std::shared_ptr<TableLog>& table = tables[location];
    if (table != nullptr && table->store() == store) return table;
    if (table != nullptr) table->Retire();
    table = std::make_shared<TableLog>(context, location, std::move(store));
    return table;
  }

  storage::Stores& stores;
  const SnapshotLimits limits;
  SnapshotCache cache;
  std::unique_ptr<BackgroundWork> background;
  const SnapshotsContext context;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<TableLog>> tables;
};

Snapshots::Snapshots(storage::Stores& stores, const CheckpointReader& reader, const Clock& clock,
                     Metrics& metrics, SnapshotLimits limits,
                     std::unique_ptr<BackgroundWork> background) {
  if (background == nullptr) background = std::make_unique<BackgroundThread>(kMaxMerges);
  state_ = std::make_unique<State>(stores, reader, clock, metrics, std::move(limits),
                                   std::move(background));
}

Snapshots::~Snapshots() = default;

Result<std::shared_ptr<const Snapshot>> Snapshots::Latest(const std::string& location) {
  return TRY(TRY(state_->Table(location))->Latest());
}

Result<Version> Snapshots::NewestVersion(const std::string& location) {
  return TRY(state_->Table(location))->NewestVersion();
}

Result<std::shared_ptr<const Snapshot>> Snapshots::At(const std::string& location,
                                                      Version version) {
  return TRY(TRY(state_->Table(location))->At(version));
}

Result<Version> Snapshots::VersionAt(const std::string& location, TimePoint time) {
  return TRY(state_->Table(location))->VersionAt(time);
}

Result<Version> Snapshots::FirstVersionSince(const std::string& location, TimePoint time) {
  return TRY(state_->Table(location))->FirstVersionSince(time);
}

Result<std::pair<Version, Version>> Snapshots::Range(const std::string& location) {
  return TRY(state_->Table(location))->Range();
}

Result<VersionHeadPtr> Snapshots::HeadAt(const std::string& location, Version version) {
  return TRY(state_->Table(location))->HeadAt(version);
}

Result<std::unique_ptr<ChangeFeed>> Snapshots::OpenChanges(const std::string& location,
                                                           Version first,
                                                           std::optional<Version> last,
                                                           Changes what, const PathCheck& check,
                                                           const PartitionTerms* only) {
  const std::shared_ptr<TableLog> table = TRY(state_->Table(location));
  const auto snapshot_at = [table](Version version) { return table->At(version); };
  return table->OpenChanges(first, last, what, snapshot_at, check, only);
}

Result<std::pair<Version, Version>> Snapshots::ChangeRange(const std::string& location) {
  return TRY(state_->Table(location))->ChangeRange();
}

Result<CommitPage> Snapshots::Commits(const std::string& location, std::optional<Version> from,
                                      size_t most) {
  return TRY(state_->Table(location))->Commits(from, most);
}

Result<std::shared_ptr<const storage::ObjectStore>> Snapshots::Store(const std::string& location) {
  return state_->stores.Open(location);
}

}  // namespace sluice::delta
