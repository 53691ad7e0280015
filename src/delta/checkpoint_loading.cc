#include "delta/checkpoint_loading.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "delta/action_lines.h"
#include "delta/file_sorter.h"
#include "delta/log_path.h"
#include "storage/parallel.h"

namespace sluice::delta {
namespace {

using storage::ObjectInfo;

// Takes in the adds of a checkpoint, in any order.
class CheckpointFilesReader {
 public:
  explicit CheckpointFilesReader(BlockLimits limits) : sorter_(std::move(limits)) {}

  AddFileSink sink() {
    return [this](AddFile&& add) -> Status { return sorter_.Add(TRY(StoreFile(std::move(add)))); };
  }

  uint64_t count() const { return sorter_.count(); }

  Result<LiveFiles> Finish() {
    auto files = sorter_.Finish();
    if (!files.has_value() && files.error().code == Code::kAlreadyExists) {
      return BrokenCheckpoint("it holds a file twice");
    }
    return LiveFiles(TRY(std::move(files)));
  }

 private:
  FileSorter sorter_;
};

// Takes what a JSON checkpoint holds.
struct TakeAction {
  CheckpointHeader& header;
  const AddFileSink& sink;

  Status operator()(AddFile&& add) const { return sink(std::move(add)); }
  // Of no use to who reads a version, as are removes and commitInfos.
  Status operator()(std::monostate) const { return {}; }
  Status operator()(RemoveFile&&) const { return {}; }
  Status operator()(CdcFile&&) const { return {}; }
  Status operator()(DomainMetadata&&) const { return {}; }
  Status operator()(CommitInfo&&) const { return {}; }
  template <class HeaderAction>
  Status operator()(HeaderAction&& action) const {
    return header.Take(std::forward<HeaderAction>(action));
  }
};

Result<CheckpointHeader> ReadJson(const LogSource& source, const ObjectInfo& object,
                                  CheckpointFilesReader& adds) {
  Result<std::string> bytes = source.store.ReadListed(object, source.limits.max_commit);
  if (!bytes.has_value() && bytes.error().code == Code::kResourceExhausted) {
    return Fail(Code::kUnsupported, "the table's checkpoint is larger than this server reads",
                std::move(bytes).error().detail);
  }
  ActionLines lines(TRY(std::move(bytes)));
  CheckpointHeader header;
  const AddFileSink sink = adds.sink();
  while (true) {
    Result<std::optional<Action>> action = lines.Next();
    if (!action.has_value()) return BrokenCheckpoint(action.error().message, action.error().detail);
    if (!action->has_value()) break;
    TRY(std::visit(TakeAction{header, sink}, **std::move(action)));
  }
  return header;
}

// What PROTOCOL.md asks of each kind: "V2 Spec", "Checkpoint Naming Scheme".
Status CheckHeader(const CheckpointFiles& files, const CheckpointHeader& header) {
  if (!header.protocol.has_value()) return BrokenCheckpoint("it has no protocol action");
  if (!header.metadata.has_value()) return BrokenCheckpoint("it has no metaData action");
  const std::string_view name = files.parts.front().key;
  const LogFileKind kind = ParseLogName(name.substr(kLogFolder.size())).kind;
  if (!header.checkpoint_metadata.has_value()) {
    if (kind == LogFileKind::kV2Checkpoint) {
      return BrokenCheckpoint("it has no checkpointMetadata action");
    }
    if (!header.sidecars.empty()) {
      return BrokenCheckpoint("it has sidecars but no checkpointMetadata action");
    }
    return {};
  }
  if (kind == LogFileKind::kCheckpointPart) {
    return BrokenCheckpoint("one in parts has a checkpointMetadata action");
  }
  if (header.checkpoint_metadata->version != files.version) {
    return BrokenCheckpoint(fmt::format("that of version {} says it is of version {}",
                                        files.version, header.checkpoint_metadata->version));
  }
  return {};
}

// The sidecars as they lie in the store. Errors: kNotFound  one is missing
Result<std::vector<ObjectInfo>> FindSidecars(const storage::ObjectStore& store,
                                             const std::vector<Sidecar>& sidecars) {
  std::vector<std::string> keys;
  keys.reserve(sidecars.size());
  for (const Sidecar& sidecar : sidecars) keys.push_back(TRY(SidecarKey(sidecar.path)));
  std::vector<ObjectInfo> objects(sidecars.size());
  const auto find = [&](size_t index) -> Status {
    objects[index] = TRY(store.Head(keys[index]));
    const auto size = static_cast<uint64_t>(sidecars[index].size);
    if (objects[index].size == ByteCount{size}) return {};
    return BrokenCheckpoint("a sidecar has another size than it says", keys[index]);
  };
  TRY(storage::InParallel(sidecars.size(), store.parallel_reads(), find));
  return objects;
}

// "only add file and remove file entries". Errors: kNotFound  one is missing
Status ReadSidecars(const LogSource& source, const std::vector<Sidecar>& sidecars,
                    CheckpointFilesReader& adds) {
  const std::vector<ObjectInfo> objects = TRY(FindSidecars(source.store, sidecars));
  const CheckpointHeader own = TRY(source.reader.Read(source.store, objects, adds.sink()));
  return own.empty() ? Status() : BrokenCheckpoint("a sidecar holds other actions than files");
}

bool IsNotFound(const Status& status) {
  return !status.has_value() && status.error().code == Code::kNotFound;
}

// kNotFound when it does not.
Status StillStands(const storage::ObjectStore& store, const ObjectInfo& object) {
  const ObjectInfo now = TRY(store.Head(object.key));
  if (storage::SameState(now, object)) return {};
  return Fail(Code::kNotFound, "the table's checkpoint was replaced", object.key);
}

}  // namespace

Result<std::optional<CheckpointState>> LoadCheckpoint(const LogSource& source,
                                                      const CheckpointFiles& files) {
  CheckpointFilesReader adds(source.limits.blocks);
  CheckpointState state;
  state.header = TRY(files.is_json ? ReadJson(source, files.parts.front(), adds)
                                   : source.reader.Read(source.store, files.parts, adds.sink()));
  const std::vector<Sidecar>& sidecars = state.header.sidecars;
  TRY(CheckHeader(files, state.header));
  if (!sidecars.empty()) {
    if (adds.count() > 0) return BrokenCheckpoint("it holds files beside those of its sidecars");
    const Status read = ReadSidecars(source, sidecars, adds);
    if (IsNotFound(read)) {
      TRY(StillStands(source.store, files.parts.front()));
      return std::nullopt;
    }
    TRY(read);
  }
  state.files = TRY(adds.Finish());
  return state;
}

}  // namespace sluice::delta
