// Data skipping: any statistics, partition values and predicate give an answer that agrees with
// itself. The input: a line of statistics, a line of partition values, bytes of a predicate.
#include "delta/data_skipping.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.h"

using sluice::delta::DataSkipping;
using sluice::delta::FileEntry;
using sluice::delta::Matches;
using sluice::delta::Metadata;
using sluice::delta::Operand;
using sluice::delta::Predicate;
using sluice::delta::ValueType;
using sluice::fuzz::Require;

namespace {

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// A column of each type, named for it; and each again as a partition, with p before the name.
Metadata Table() {
  Metadata metadata;
  for (const std::string prefix : {"", "p"}) {
    for (const std::string type :
         {"boolean", "byte", "long", "float", "double", "decimal(9,2)", "decimal(38,10)", "string",
          "binary", "date", "timestamp", "timestamp_ntz"}) {
      const std::string name = prefix + type;
      metadata.schema_string += (metadata.schema_string.empty() ? "" : ",");
      metadata.schema_string +=
          R"({"name":")" + name + R"(","type":")" + type + R"(","metadata":{}})";
      if (!prefix.empty()) metadata.partition_columns.push_back(name);
    }
  }
  metadata.schema_string += R"(,{"name":"s","type":{"type":"struct","fields":[)"
                            R"({"name":"x","type":"integer"}]}})";
  metadata.schema_string = R"({"type":"struct","fields":[)" + metadata.schema_string + "]}";
  return metadata;
}

class PredicateReader {
 public:
  explicit PredicateReader(std::string_view bytes) : bytes_(bytes) {}

  Predicate Read(int depth) {
    constexpr int kOps = 10;
    constexpr int kMost = 12;
    Predicate predicate{.op = static_cast<Predicate::Op>(Byte() % kOps)};
    for (int i = Byte() % kMost; i > 0 && !bytes_.empty(); --i) {
      predicate.operands.push_back(ReadOperand());
    }
    for (int i = Byte() % 3; i > 0 && depth > 0 && !bytes_.empty(); --i) {
      predicate.children.push_back(Read(depth - 1));
    }
    return predicate;
  }

 private:
  int Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_[0]);
    bytes_.remove_prefix(1);
    return byte;
  }

  Operand ReadOperand() {
    constexpr int kTypes = 12;
    const int kind = Byte();
    const std::string_view text = bytes_.substr(0, bytes_.find('\t'));
    bytes_.remove_prefix(std::min(bytes_.size(), text.size() + 1));
    return {kind >= 128, std::string(text), static_cast<ValueType>(kind % kTypes)};
  }

  std::string_view bytes_;
};

struct Answers {
  Matches partition;
  Matches file;
};

Answers Ask(const Predicate& predicate, const FileEntry& file) {
  static const Metadata table = Table();
  DataSkipping skipping(predicate, {}, table);
  const Answers answers{skipping.OfPartition(file.partition_values), skipping.OfFile(file)};
  Require(skipping.OfFile(file) == answers.file);
  Require(skipping.OfPartition(file.partition_values) == answers.partition);
  // Statistics only add to what is known.
  Require(answers.partition == Matches::kSome || answers.partition == answers.file);
  Require(answers.file != Matches::kNone || skipping.can_skip());
  return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = sluice::fuzz::View(data, size);
  FileEntry file;
  file.stats = TakeLine(text);
  file.partition_values = TakeLine(text);
  Predicate predicate = PredicateReader(text).Read(5);
  const Matches matches = Ask(predicate, file).file;

  // Nothing holds together with its contrary.
  Predicate contrary{.op = Predicate::Op::kNot};
  contrary.children.push_back(predicate);
  const Matches contrary_matches = Ask(contrary, file).file;
  Require(matches != Matches::kAll || contrary_matches == Matches::kNone);
  Require(contrary_matches != Matches::kAll || matches == Matches::kNone);

  // And less is known without statistics.
  file.stats = std::nullopt;
  const Matches without = Ask(predicate, file).file;
  Require(without == Matches::kSome || without == matches);
  return 0;
}
