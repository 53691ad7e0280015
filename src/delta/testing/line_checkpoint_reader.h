// delta/testing/line_checkpoint_reader.h -- reads checkpoints that tests write as lines of JSON, so
// that tests of the log need no Parquet.
#pragma once

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>

#include "delta/actions_json.h"
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
      const std::string text(std::istreambuf_iterator<char>(file), {});
      if (text.starts_with("PAR1")) return Fail(Code::kUnsupported, "real Parquet");
      TRY(TakeLines(text, header, adds));
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
  static Status TakeLines(std::string_view text, CheckpointHeader& header,
                          std::vector<AddFile>& adds) {
    LogLineParser parser;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.find("\"sidecar\"") != std::string_view::npos) {
        return Fail(Code::kUnsupported, "sidecar: v2Checkpoint");
      }
      Action action = TRY(parser.Parse(line));
      if (auto* protocol = std::get_if<Protocol>(&action)) header.protocol = std::move(*protocol);
      if (auto* metadata = std::get_if<Metadata>(&action)) header.metadata = std::move(*metadata);
      if (auto* add = std::get_if<AddFile>(&action)) adds.push_back(std::move(*add));
    }
    return {};
  }
};

}  // namespace sluice::delta::testing
