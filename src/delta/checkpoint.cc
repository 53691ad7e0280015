#include "delta/checkpoint.h"

#include <fmt/format.h>

#include <utility>

namespace sluice::delta {
namespace {

// Writers put tens of thousands of files into each.
constexpr size_t kMostSidecars = 10'000;

template <class T>
Status TakeOnly(std::optional<T>& place, T& action, std::string_view name) {
  if (place.has_value()) return BrokenCheckpoint(fmt::format("two {} actions", name));
  place = std::move(action);
  return {};
}

}  // namespace

Status CheckpointHeader::Take(Protocol&& action) { return TakeOnly(protocol, action, "protocol"); }

Status CheckpointHeader::Take(Metadata&& action) { return TakeOnly(metadata, action, "metaData"); }

Status CheckpointHeader::Take(CheckpointMetadata&& action) {
  return TakeOnly(checkpoint_metadata, action, "checkpointMetadata");
}

Status CheckpointHeader::Take(Sidecar&& action) {
  if (sidecars.size() == kMostSidecars) {
    return Fail(
        Code::kUnsupported,
        fmt::format("the table's checkpoint has more than {} sidecar files", kMostSidecars));
  }
  sidecars.push_back(std::move(action));
  return {};
}

std::unexpected<Error> BrokenCheckpoint(std::string_view why, std::string detail) {
  return Fail(Code::kCorrupt, fmt::format("the table's checkpoint is broken: {}", why),
              std::move(detail));
}

}  // namespace sluice::delta
