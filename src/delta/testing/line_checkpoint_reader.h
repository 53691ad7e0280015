// delta/testing/line_checkpoint_reader.h -- reads checkpoints that tests write as lines of JSON, so
// that tests of the log need no Parquet.
#pragma once

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>

#include "delta/action_lines.h"
#include "delta/checkpoint.h"

namespace sluice::delta::testing {

class LineCheckpointReader final : public CheckpointReader {
 public:
  Result<CheckpointHeader> Read(const storage::ObjectStore& store,
                                const std::vector<storage::ObjectInfo>& parts,
                                const AddFileSink& sink) const override {
    ++reads;
    if (before_read) before_read();
    CheckpointHeader header;
    std::vector<AddFile> adds;
    for (const storage::ObjectInfo& part : parts) {
      const storage::LocalCopy copy = TRY(store.Fetch(part));
      std::ifstream file(copy.path(), std::ios::binary);
      std::string text(std::istreambuf_iterator<char>(file), {});
      if (text.starts_with("PAR1")) return Fail(Code::kUnsupported, "real Parquet");
      TRY(TakeLines(std::move(text), header, adds));
    }
    const auto id = [](const AddFile& add) {
      return add.deletion_vector ? add.deletion_vector->UniqueId() : std::string();
    };
    std::sort(adds.begin(), adds.end(), [&](const AddFile& a, const AddFile& b) {
      return std::pair(a.path, id(a)) < std::pair(b.path, id(b));
    });
    for (AddFile& add : adds) TRY(sink(std::move(add)));
    return header;
  }

  mutable std::atomic<int> reads = 0;
  std::function<void()> before_read;

 private:
  static Status TakeLines(std::string text, CheckpointHeader& header, std::vector<AddFile>& adds) {
    ActionLines lines(std::move(text));
    while (true) {
      std::optional<Action> action = TRY(lines.Next());
      if (!action.has_value()) return {};
      if (auto* one = std::get_if<AddFile>(&*action)) adds.push_back(std::move(*one));
      if (auto* one = std::get_if<Protocol>(&*action)) TRY(header.Take(std::move(*one)));
      if (auto* one = std::get_if<Metadata>(&*action)) TRY(header.Take(std::move(*one)));
      if (auto* one = std::get_if<CheckpointMetadata>(&*action)) TRY(header.Take(std::move(*one)));
      if (auto* one = std::get_if<Sidecar>(&*action)) TRY(header.Take(std::move(*one)));
    }
  }
};

}  // namespace sluice::delta::testing
