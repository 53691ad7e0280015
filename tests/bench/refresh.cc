// refresh.cc -- what a new commit costs a large table that is in memory, storage excluded.
//
// The table has 300,000 files in packed blocks under an overlay of commits. What is measured is all
// that a warm refresh does once the log was listed: the commit parsed and applied, the snapshot
// made and kept in the cache; and what the background does with what has gathered.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "base/metrics.h"
#include "delta/commit.h"
#include "delta/log_replay.h"
#include "delta/snapshot_cache.h"
#include "delta/snapshot_loading.h"
#include "delta/snapshots.h"
#include "storage/testing/memory_store.h"

namespace {

using namespace sluice;

constexpr size_t kFiles = 300'000;
constexpr size_t kFilesPerDay = 3'000;
constexpr int kColumns = 30;
constexpr delta::Version kVersion = 1000;  // of the table before the commit

template <class T>
T Must(Result<T> result) {
  if (result.has_value()) return std::move(*result);
  std::fprintf(stderr, "bench: %s (%s)\n", result.error().message.c_str(),
               result.error().detail.c_str());
  std::exit(1);
}

std::string PathOf(size_t place, uint64_t unique) {
  return fmt::format("day=2025-{:03}/part-{:05}-{:016x}-{:012x}.c000.snappy.parquet",
                     place / kFilesPerDay, place % kFilesPerDay, unique * 0x9e3779b97f4a7c15,
                     unique * 0xbf58476d1ce4e5b9 >> 16);
}

// A file as it stands in a log, with about 400 bytes of statistics.
delta::AddFile MakeAdd(size_t place, uint64_t unique) {
  std::string least, most, nulls;
  for (const char* column : {"id", "amount", "quantity", "price", "weight", "rank", "code"}) {
    const std::string name = std::string(least.empty() ? "\"" : ",\"") + column + "\":";
    unique = unique * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    least += fmt::format("{}{}", name, unique >> 44);
    most += fmt::format("{}{}", name, unique >> 36);
    nulls += name + "0";
  }
  delta::AddFile add;
  add.path = PathOf(place, unique);
  add.partition_values = {{"day", fmt::format("2025-{:03}", place / kFilesPerDay)}};
  add.size = static_cast<int64_t>(1'000'000 + unique % 1'000'000);
  add.modification_time = 1'735'689'600'000;
  add.stats = "{\"numRecords\":1000,\"minValues\":{" + least + "},\"maxValues\":{" + most +
              "},\"nullCount\":{" + nulls + "}}";
  return add;
}

delta::Metadata MakeMetadata() {
  delta::Metadata metadata;
  metadata.id = "bench";
  metadata.schema_string =
      R"({"type":"struct","fields":[{"name":"day","type":"date","nullable":true,"metadata":{}})";
  for (int i = 0; i < kColumns; ++i) {
    metadata.schema_string +=
        fmt::format(R"(,{{"name":"c{}","type":"long","nullable":true,"metadata":{{}}}})", i);
  }
  metadata.schema_string += "]}";
  metadata.partition_columns = {"day"};
  return metadata;
}

// There are no checkpoints here.
class NoCheckpoints final : public delta::CheckpointReader {
 public:
  Result<delta::CheckpointHeader> Read(const storage::ObjectStore& /*store*/,
                                       const std::vector<storage::ObjectInfo>& /*parts*/,
                                       const delta::AddFileSink& /*sink*/) const override {
    return Fail(Code::kUnsupported, "no checkpoints here");
  }
};

enum class Kind : int64_t { kAdds, kRemoves, kNeighbours };

// The files of the base, and commits about them.
class LargeTable {
 public:
  LargeTable() {
    delta::BlockSpace space;
    delta::SegmentBuilder builder(space);
    for (size_t place = 0; place < kFiles; ++place) {
      const auto file = Must(delta::StoreFile(MakeAdd(place, place)));
      paths_.push_back(file.key_path);
      if (!builder.Add(file.Row())) std::abort();
    }
    base_ = delta::LiveFiles(
        std::make_shared<const delta::FileSegment>(space.limits(), Must(builder.Finish())));
  }

  // Changes of which no two concern the same file. Neighbours: removals of files that stand
  // together, as those of one partition do.
  delta::Commit MakeCommit(size_t changes, Kind kind, uint64_t seed) const {
    std::mt19937_64 random(seed);
    std::set<size_t> places;
    if (kind == Kind::kNeighbours) places.insert(random() % (kFiles - changes));
    while (places.size() < changes) {
      places.insert(kind == Kind::kNeighbours ? *places.rbegin() + 1 : random() % kFiles);
    }
    delta::Commit commit;
    for (const size_t place : places) {
      if (kind == Kind::kAdds) {
        commit.adds.push_back(MakeAdd(place, random()));
      } else {
        delta::RemoveFile remove;
        remove.path = paths_[place];
        commit.removes.push_back(std::move(remove));
      }
    }
    return commit;
  }

  // The table under an overlay of so many changes, a third of them removals.
  const delta::TableSnapshotPtr& Under(size_t overlay) {
    delta::TableSnapshotPtr& snapshot = snapshots_[overlay];
    if (snapshot != nullptr) return snapshot;
    delta::SnapshotParts parts;
    parts.version = kVersion;
    parts.metadata = MakeMetadata();
    parts.files = base_;
    if (overlay > 0) {
      delta::LogReplay replay;
      for (const auto& [count, kind] : {std::pair(overlay - overlay / 3, Kind::kAdds),
                                        std::pair(overlay / 3, Kind::kRemoves)}) {
        const auto commit = MakeCommit(count, kind, 7);
        if (!replay.Add(kVersion, delta::RenderCommit(commit))) std::abort();
      }
      parts.files = Must(parts.files.Apply(replay.TakeChanges()));
    }
    return snapshot = Must(delta::TableSnapshot::Make(std::move(parts)));
  }

 private:
  std::vector<std::string> paths_;
  delta::LiveFiles base_;
  std::map<size_t, delta::TableSnapshotPtr> snapshots_;
};

LargeTable& TheTable() {
  static LargeTable table;
  return table;
}

// Arguments: changes in the overlay, changes in the commit, their kind.
void Refresh(benchmark::State& state) {
  const delta::TableSnapshotPtr from = TheTable().Under(static_cast<size_t>(state.range(0)));
  const auto changes = static_cast<size_t>(state.range(1));
  const auto kind = static_cast<Kind>(state.range(2));
  constexpr size_t kCommits = 16;
  const NoCheckpoints reader;
  const delta::SnapshotLimits limits;
  storage::testing::MemoryStore store;
  std::vector<delta::CommitFile> commits;
  for (size_t i = 0; i < kCommits; ++i) {
    const std::string key = fmt::format("_delta_log/{}", i);
    store.Put(key, delta::RenderCommit(TheTable().MakeCommit(changes, kind, 100 + i)));
    commits.push_back({kVersion + 1, Must(store.Head(key))});
  }
  Metrics metrics;
  delta::SnapshotCache cache(limits.cache, metrics);
  cache.Put("table", from);
  const uint64_t before = cache.bytes().value;
  size_t next = 0;
  for (auto _ : state) {
    const auto made = Must(delta::ExtendSnapshot({store, reader, limits}, *from,
                                                 {commits[next++ % kCommits]}, TimePoint{}));
    cache.Put("table", made);
    store.TakeRequests();
  }
  state.counters["version_bytes"] = static_cast<double>(cache.bytes().value - before);
}
// What the background does with an overlay that has just outgrown its share.
void MergeOverlay(benchmark::State& state) {
  const delta::LiveFiles& files = TheTable().Under(kFiles / 8)->files();
  for (auto _ : state) {
    const delta::LiveFiles merged = Must(files.Merged());
    state.counters["merged_bytes"] = static_cast<double>(merged.memory().value);
  }
  state.counters["base_bytes"] = static_cast<double>(files.base()->memory().value);
  state.counters["overlay_bytes"] = static_cast<double>(files.overlay()->memory().value);
}
BENCHMARK(MergeOverlay)->Unit(benchmark::kMillisecond);

// The newest version put on a merged base, after so many changes since the merge began.
void Rebase(benchmark::State& state) {
  const delta::LiveFiles& from = TheTable().Under(kFiles / 8)->files();
  const delta::LiveFiles merged = Must(from.Merged());
  delta::LogReplay replay;
  const auto commit = TheTable().MakeCommit(static_cast<size_t>(state.range(0)), Kind::kAdds, 9);
  if (!replay.Add(kVersion, delta::RenderCommit(commit))) std::abort();
  const delta::LiveFiles now = Must(from.Apply(replay.TakeChanges()));
  for (auto _ : state) benchmark::DoNotOptimize(now.Rebased(from, merged));
}
BENCHMARK(Rebase)->Arg(1)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

BENCHMARK(Refresh)
    ->ArgsProduct({{0, 1'000, 30'000}, {1, 10, 100}, {0, 1, 2}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
