#include "delta/checkpoint_loading.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::delta {
namespace {

// Takes in the adds of a checkpoint. They come in order of their paths as written; the few whose
// canonical path has another place are put there afterwards.
class CheckpointFilesReader {
 public:
  Status Take(AddFile&& add) {
    StoredFile file = TRY(StoreFile(std::move(add)));
    if (count_ > 0 && !(last_ < FileKey{file.key_path, file.dv_id})) {
      late_.push_back(std::make_shared<const StoredFile>(std::move(file)));
      return {};
    }
    TRY(builder_.Add(file.Row()));
    ++count_;
    last_.path.swap(file.key_path);
    last_.dv_id.swap(file.dv_id);
    return {};
  }

  Result<LiveFiles> Finish() {
    const LiveFiles files(TRY(builder_.Finish()));
    std::sort(late_.begin(), late_.end(),
              [](const FileChange& a, const FileChange& b) { return a->key() < b->key(); });
    const auto twice =
        std::adjacent_find(late_.begin(), late_.end(),
                           [](const auto& a, const auto& b) { return a->key() == b->key(); });
    LiveFiles all = TRY(files.Apply(late_));
    if (twice != late_.end() || all.totals().files != count_ + late_.size()) {
      return Fail(Code::kCorrupt, "the table's checkpoint is broken: it holds a file twice");
    }
    return all;
  }

 private:
  SegmentBuilder builder_;
  uint64_t count_ = 0;
  FileKey last_;
  std::vector<FileChange> late_;
};

}  // namespace

Result<std::optional<CheckpointState>> LoadCheckpoint(const LogSource& source,
                                                      const CheckpointFiles& files) {
  CheckpointFilesReader adds;
  CheckpointHeader header = TRY(source.reader.Read(
      source.store, files.parts, [&](AddFile&& add) { return adds.Take(std::move(add)); }));
  LiveFiles live = TRY(adds.Finish());
  return CheckpointState{std::move(header), std::move(live)};
}

}  // namespace sluice::delta
