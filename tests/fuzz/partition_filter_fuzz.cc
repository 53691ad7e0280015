// Partition filters: any filter of any table either fits or is refused, and then says the same of
// the same file, with answers that agree with each other. LIKE does too.
// The input: a line of partition values, a line with an operation and a type, lines of values.
#include "delta/partition_filter.h"

#include <algorithm>
#include <string>
#include <vector>

#include "delta/like_pattern.h"
#include "fuzz.h"

using sluice::Result;
using sluice::delta::LikePattern;
using sluice::delta::Metadata;
using sluice::delta::PartitionFilter;
using sluice::delta::PartitionOp;
using sluice::delta::PartitionSieve;
using sluice::delta::PartitionTerm;
using sluice::delta::PartitionTerms;
using sluice::fuzz::Require;

namespace {

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

Metadata Table(int type) {
  constexpr const char* kTypes[] = {"boolean", "byte",         "long",   "float",
                                    "double",  "decimal(9,2)", "string", "decimal(38,10)",
                                    "date",    "timestamp",    "binary", "timestamp_ntz"};
  Metadata metadata;
  metadata.schema_string =
      std::string(R"({"type":"struct","fields":[{"name":"c","metadata":{},"type":")") +
      kTypes[type % 12] + "\"}]}";
  metadata.partition_columns = {"c"};
  return metadata;
}

// Nothing: the filter was refused, or the file.
std::optional<bool> Ask(const PartitionTerms& terms, int type, std::string_view file) {
  const auto filter = PartitionFilter::Compile(terms, {}, Table(type));
  if (!filter) return std::nullopt;
  PartitionSieve sieve(*filter);
  const Result<bool> first = sieve.Keeps(file);
  const Result<bool> again = sieve.Keeps(file);
  Require(first.has_value() == again.has_value());
  if (!first) return std::nullopt;
  Require(*first == *again);
  return *first;
}

std::optional<bool> Ask(PartitionOp op, std::vector<std::string> values, int type,
                        std::string_view file) {
  return Ask({{{PartitionTerm{"c", op, std::move(values)}}}, {}}, type, file);
}

void CheckLike(const std::string& text, const std::string& pattern) {
  const auto like = LikePattern::Parse(pattern);
  if (!like) return;
  const bool matches = like->Matches(text);
  const auto wider = LikePattern::Parse("%" + pattern.substr(0, LikePattern::kMaxBytes - 2) + "%");
  if (wider && pattern.size() < LikePattern::kMaxBytes - 1) {
    Require(!matches || wider->Matches(text));
    Require(!matches || wider->Matches("a" + text + "b"));
  }
  // What has no wildcard is the text itself.
  if (pattern.find_first_of("%_\\") == std::string::npos) Require(matches == (text == pattern));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = sluice::fuzz::View(data, size);
  const std::string_view file = TakeLine(text);
  const std::string_view head = TakeLine(text);
  const int op = head.empty() ? 0 : head[0] & 0x7F;
  const int type = head.size() < 2 ? 0 : head[1] & 0x7F;
  std::vector<std::string> values;
  while (!text.empty() && values.size() < 8) values.emplace_back(TakeLine(text));
  constexpr int kOps = 7;
  Ask(static_cast<PartitionOp>(op % kOps), values, type, file);
  if (values.empty()) return 0;
  CheckLike(std::string(file), values[0]);

  // Below, equal, above, or null: one of them, and nothing else.
  const auto is = [&](PartitionOp one) { return Ask(one, {values[0]}, type, file); };
  const auto below = is(PartitionOp::kLess);
  const auto equal = is(PartitionOp::kIn);
  const auto above = is(PartitionOp::kGreater);
  Require(below.has_value() == equal.has_value() && above.has_value() == equal.has_value());
  if (!equal) return 0;
  const bool null = Ask(PartitionOp::kIsNull, {}, type, file).value();
  Require(*below + *equal + *above + null == 1);
  Require(*is(PartitionOp::kLessOrEqual) == (*below || *equal));
  Require(*is(PartitionOp::kGreaterOrEqual) == (*above || *equal));
  // A list holds where one of it does.
  const auto any = Ask(PartitionOp::kIn, values, type, file);
  Require(!any || !*equal || *any);
  return 0;
}
