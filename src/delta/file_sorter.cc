#include "delta/file_sorter.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <system_error>
#include <thread>
#include <utility>

#include "storage/parallel.h"

namespace sluice::delta {
namespace {

// A run as it comes; longer ones mean fewer runs to merge.
constexpr size_t kFilesPerRun = 16'384;
constexpr size_t kBytesPerRun = 16 << 20;
constexpr size_t kMostMergeThreads = 4;

std::unexpected<Error> Twice() { return Fail(Code::kAlreadyExists, "a file is there twice"); }

// The keys from `from` on, before `to`; nothing: no bound.
struct KeyRange {
  std::optional<FileKey> from;
  std::optional<FileKey> to;
};

KeyView ViewOf(const FileKey& key) { return {key.path, key.dv_id}; }

// Walks the rows of a run within a range; lets go of blocks that it has done with.
class RunReader {
 public:
  RunReader(const std::vector<std::shared_ptr<const FileBlock>>& blocks, const KeyRange& range)
      : range_(range) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      const bool before = range.from.has_value() && i + 1 < blocks.size() &&
                          blocks[i + 1]->first_key() <= ViewOf(*range.from);
      const bool behind = range.to.has_value() && !(blocks[i]->first_key() < ViewOf(*range.to));
      if (!before && !behind) blocks_.push_back(blocks[i]);
    }
  }

  // Null at the end.
  const FileRow* row() const { return row_; }

  Status Advance() {
    do {
      row_ = opened_ ? TRY(reader_.Next()) : nullptr;
      if (row_ != nullptr) continue;
      if (next_ == blocks_.size()) return {};
      TRY(reader_.Open(std::move(blocks_[next_++])));
      opened_ = true;
    } while (row_ == nullptr || (range_.from.has_value() && row_->key < ViewOf(*range_.from)));
    if (range_.to.has_value() && !(row_->key < ViewOf(*range_.to))) row_ = nullptr;
    return {};
  }

 private:
  const KeyRange& range_;
  std::vector<std::shared_ptr<const FileBlock>> blocks_;
  size_t next_ = 0;
  BlockReader reader_;
  bool opened_ = false;
  const FileRow* row_ = nullptr;
};

struct LaterKey {
  bool operator()(const RunReader* a, const RunReader* b) const {
    return b->row()->key < a->row()->key;
  }
};

using Blocks = std::vector<std::shared_ptr<const FileBlock>>;

// The rows of all runs within a range, packed.
Result<Blocks> MergeRange(std::vector<RunReader> readers, BlockSpace& space) {
  std::priority_queue<RunReader*, std::vector<RunReader*>, LaterKey> heads;
  for (RunReader& reader : readers) {
    TRY(reader.Advance());
    if (reader.row() != nullptr) heads.push(&reader);
  }
  SegmentBuilder builder(space);
  FileKey last;
  bool any = false;
  while (!heads.empty()) {
    RunReader* const first = heads.top();
    heads.pop();
    const KeyView key = first->row()->key;
    if (any && key == ViewOf(last)) return Twice();
    TRY(builder.Add(*first->row()));
    any = true;
    last.path = key.path;
    last.dv_id = key.dv_id;
    TRY(first->Advance());
    if (first->row() != nullptr) heads.push(first);
  }
  return builder.Finish();
}

// About equal parts of what the runs hold, together all keys.
std::vector<KeyRange> SplitKeys(const std::vector<Blocks>& runs, size_t parts) {
  std::vector<KeyView> firsts;
  for (const Blocks& run : runs) {
    for (const auto& block : run) firsts.push_back(block->first_key());
  }
  std::sort(firsts.begin(), firsts.end());
  std::vector<KeyRange> ranges(1);
  for (size_t i = 1; i < parts; ++i) {
    const KeyView split = firsts[i * firsts.size() / parts];
    const FileKey key{std::string(split.path), std::string(split.dv_id)};
    ranges.back().to = key;
    ranges.push_back({key, std::nullopt});
  }
  return ranges;
}

size_t MergeThreads() {
  return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostMergeThreads);
}

}  // namespace

// Files in order, being packed.
struct FileSorter::Run {
  Run(BlockSpace& space, Packing packing) : builder(space, packing) {}
  SegmentBuilder builder;
  FileKey last;
};

FileSorter::FileSorter(BlockLimits limits) : limits_(std::move(limits)), run_space_(limits_) {}

FileSorter::~FileSorter() {
  if (packing_.valid()) packing_.wait();
}

Status FileSorter::Add(StoredFile&& file) {
  pending_bytes_ += file.memory().value;
  pending_.push_back(std::move(file));
  ++count_;
  const bool full = pending_.size() == kFilesPerRun || pending_bytes_ >= kBytesPerRun;
  if (!full) return {};
  TRY(WaitForPacking());
  pending_bytes_ = 0;
  try {
    packing_ = std::async(std::launch::async,
                          [this, files = std::exchange(pending_, {})] { return Pack(files); });
  } catch (const std::system_error& error) {
    return Fail(Code::kUnavailable, "the server has no thread to spare", error.what());
  }
  pending_.reserve(kFilesPerRun);
  return {};
}

Status FileSorter::WaitForPacking() { return packing_.valid() ? packing_.get() : Status(); }

// One at a time: nobody else touches the runs meanwhile.
Status FileSorter::Pack(const std::vector<StoredFile>& files) {
  if (files.empty()) return {};
  std::vector<const StoredFile*> order;
  order.reserve(files.size());
  for (const StoredFile& file : files) order.push_back(&file);
  std::sort(order.begin(), order.end(),
            [](const StoredFile* a, const StoredFile* b) { return a->key() < b->key(); });
  const bool goes_on = !runs_.empty() && ViewOf(runs_.back()->last) < order.front()->key();
  if (!goes_on) {
    // Once there are two, all are packed again when they are merged.
    const Packing packing = runs_.empty() ? Packing::kSmall : Packing::kFast;
    runs_.push_back(std::make_unique<Run>(run_space_, packing));
  }
  Run& run = *runs_.back();
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && order[i]->key() == order[i - 1]->key()) return Twice();
    TRY(run.builder.Add(order[i]->Row()));
  }
  run.last = {order.back()->key_path, order.back()->dv_id};
  return {};
}

Result<std::shared_ptr<const FileSegment>> FileSorter::Finish() {
  TRY(WaitForPacking());
  TRY(Pack(std::exchange(pending_, {})));
  std::vector<Blocks> runs;
  runs.reserve(runs_.size());
  for (const auto& run : runs_) runs.push_back(TRY(run->builder.Finish()));
  runs_.clear();
  if (runs.empty()) return std::make_shared<const FileSegment>(limits_);
  if (runs.size() == 1) {
    return std::make_shared<const FileSegment>(limits_, std::move(runs.front()));
  }
  return MergeRuns(std::move(runs));
}

Result<std::shared_ptr<const FileSegment>> FileSorter::MergeRuns(std::vector<Blocks> runs) const {
  const std::vector<KeyRange> ranges = SplitKeys(runs, MergeThreads());
  std::vector<std::vector<RunReader>> readers(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i) {
    for (const Blocks& run : runs) readers[i].emplace_back(run, ranges[i]);
  }
  runs.clear();
  BlockSpace space(limits_);
  std::vector<Blocks> parts(ranges.size());
  TRY(storage::InParallel(ranges.size(), ranges.size(), [&](size_t i) -> Status {
    parts[i] = TRY(MergeRange(std::move(readers[i]), space));
    return {};
  }));
  Blocks all;
  for (Blocks& part : parts) all.insert(all.end(), part.begin(), part.end());
  return std::make_shared<const FileSegment>(limits_, std::move(all));
}

}  // namespace sluice::delta
