#include "delta/partition_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "delta/json_scalars.h"
#include "delta/like_pattern.h"
#include "delta/number.h"
#include "delta/table_columns.h"
#include "delta/time_text.h"
#include "delta/value_range.h"
#include "delta/value_type.h"

namespace sluice::delta {
namespace {

using Op = PartitionOp;

// What partition values came to is kept for about this many bytes.
constexpr size_t kMostMemory = size_t{4} << 20;

// Recipients read it: it names no column and no value.
std::unexpected<Error> Misfit(std::string detail) {
  return Fail(Code::kCorrupt,
              "The partitions by which the table is shared do not fit it, please contact your "
              "share provider.",
              "partition filter: " + std::move(detail));
}

bool IsReal(Family family) { return family == Family::kFloat || family == Family::kDouble; }

struct Typed {
  Value value;
  bool zoned = false;  // a timestamp that says which moment it is, not what a clock showed
};

// The value that a text means, of a file or of the filter: there is one, or none.
std::optional<Typed> ParseTyped(const Type& type, std::string_view text) {
  switch (type.family) {
    case Family::kFloat:
    case Family::kDouble: {
      if (text == "NaN") return Typed{std::numeric_limits<double>::quiet_NaN()};
      const std::optional<double> real = type.family == Family::kFloat
                                             ? std::optional<double>(ParseFloat(text))
                                             : ParseDouble(text);
      if (!real.has_value()) return std::nullopt;
      return Typed{*real};
    }
    case Family::kTimestamp:
    case Family::kTimestampNtz: {
      const std::optional<TimeText> time = ParseTime(text);
      if (!time.has_value()) return std::nullopt;
      if (time->has_zone && type.family == Family::kTimestampNtz) return std::nullopt;
      return Typed{Number{time->micros, 0}, time->has_zone};
    }
    case Family::kBool:
    case Family::kInteger:
    case Family::kDecimal:
    case Family::kString:
    case Family::kDate: {
      std::optional<Range> point = ParseValue(type, text);
      if (!point.has_value()) return std::nullopt;
      return Typed{*std::move(point->lo)};
    }
    case Family::kNull:
    case Family::kOther: break;
  }
  return std::nullopt;
}

// NaN equals itself and is greater than all else.
int Order(const Value& a, const Value& b) {
  if (std::holds_alternative<double>(a)) {
    const bool nan_a = std::isnan(std::get<double>(a));
    const bool nan_b = std::isnan(std::get<double>(b));
    if (nan_a || nan_b) return static_cast<int>(nan_a) - static_cast<int>(nan_b);
  }
  return Compare(a, b);
}

bool IsBefore(const Value& a, const Value& b) { return Order(a, b) < 0; }

std::string DecimalText(Int128 unscaled, int scale) {
  const bool minus = unscaled < 0;
  std::string digits;
  for (Int128 rest = minus ? -unscaled : unscaled; rest > 0; rest /= 10) {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (const auto least = static_cast<size_t>(scale) + 1; digits.size() < least) {
    digits.append(least - digits.size(), '0');
  }
  if (scale > 0) digits.insert(static_cast<size_t>(scale), ".");
  if (minus) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

// "2021-04-28 10:00:00.5": without zeros at the end.
std::string MomentText(Int128 micros) {
  constexpr int64_t kSecond = 1'000'000;
  constexpr int64_t kSixty = 60;
  auto day = static_cast<int64_t>(micros / kMicrosPerDay);
  if (micros % kMicrosPerDay < 0) --day;
  const auto rest = static_cast<int64_t>(micros - Int128{day} * kMicrosPerDay);
  const int64_t seconds = rest / kSecond;
  std::string text = fmt::format("{} {:02}:{:02}:{:02}.{:06}", FormatDay(static_cast<int32_t>(day)),
                                 seconds / (kSixty * kSixty), seconds / kSixty % kSixty,
                                 seconds % kSixty, rest % kSecond);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// What LIKE looks at: one text for each value, however it was written.
std::string TextOf(const Type& type, const Value& value) {
  if (type.family == Family::kString) return std::get<std::string>(value);
  const Int128 number = std::get<Number>(value).unscaled;
  switch (type.family) {
    case Family::kBool: return number != 0 ? "true" : "false";
    case Family::kDecimal: return DecimalText(number, type.scale);
    case Family::kDate: return FormatDay(static_cast<int32_t>(number));
    case Family::kTimestamp:
    case Family::kTimestampNtz: return MomentText(number);
    default: return DecimalText(number, 0);
  }
}

struct BoundColumn {
  std::string name;  // physical
  Type type;
  std::optional<bool> zoned;  // what the values that it is compared with are
};

struct BoundTerm {
  size_t column = 0;
  Op op = Op::kIn;
  std::vector<Value> values;  // in order
  std::optional<LikePattern> pattern;
};

// A column of a file.
using Known = std::optional<Value>;  // nothing: null

bool Holds(const BoundTerm& term, const Type& type, const Known& known) {
  if (term.op == Op::kIsNull) return !known.has_value();
  if (!known.has_value()) return false;  // unknown is not true
  if (term.op == Op::kIn) {
    return std::binary_search(term.values.begin(), term.values.end(), *known, IsBefore);
  }
  if (term.op == Op::kLike) return term.pattern->Matches(TextOf(type, *known));
  const int order = Order(*known, term.values.front());
  switch (term.op) {
    case Op::kLess: return order < 0;
    case Op::kLessOrEqual: return order <= 0;
    case Op::kGreater: return order > 0;
    case Op::kGreaterOrEqual: return order >= 0;
    default: return false;
  }
}

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace

struct PartitionFilter::Compiled {
  std::vector<BoundColumn> columns;
  std::vector<std::vector<BoundTerm>> tuples;

  Result<size_t> ColumnOf(const TableColumns& table, const std::string& name);
  Result<BoundTerm> TermOf(const TableColumns& table, const PartitionTerm& term);
  Status TakeValues(const PartitionTerm& term, BoundTerm& bound);
};

Result<size_t> PartitionFilter::Compiled::ColumnOf(const TableColumns& table,
                                                   const std::string& name) {
  const std::optional<TableColumn> found = table.Find(name);
  if (!found.has_value() || !found->is_partition || found->path.size() != 1) {
    return Misfit(fmt::format("'{}' is not a partition column", name));
  }
  if (found->type.family == Family::kOther) {
    return Misfit(fmt::format("column '{}' is of a type that is not compared", name));
  }
  const auto known = std::ranges::find(columns, found->path.front(), &BoundColumn::name);
  if (known == columns.end()) columns.push_back({found->path.front(), found->type, std::nullopt});
  return static_cast<size_t>(std::ranges::find(columns, found->path.front(), &BoundColumn::name) -
                             columns.begin());
}

Status PartitionFilter::Compiled::TakeValues(const PartitionTerm& term, BoundTerm& bound) {
  BoundColumn& column = columns[bound.column];
  for (const std::string& text : term.values) {
    std::optional<Typed> typed = ParseTyped(column.type, text);
    if (!typed.has_value()) {
      return Misfit(fmt::format("a value is not of the type of column '{}'", term.column));
    }
    if (column.zoned.value_or(typed->zoned) != typed->zoned) {
      return Misfit(
          fmt::format("some times of column '{}' have a zone, some have not", term.column));
    }
    column.zoned = typed->zoned;
    bound.values.push_back(std::move(typed->value));
  }
  std::ranges::sort(bound.values, IsBefore);
  return {};
}

Result<BoundTerm> PartitionFilter::Compiled::TermOf(const TableColumns& table,
                                                    const PartitionTerm& term) {
  BoundTerm bound;
  bound.column = TRY(ColumnOf(table, term.column));
  bound.op = term.op;
  const size_t count = term.values.size();
  const bool counted = term.op == Op::kIsNull ? count == 0
                       : term.op == Op::kIn   ? count > 0
                                              : count == 1;
  if (!counted) return Misfit(fmt::format("column '{}' lacks its value", term.column));
  if (term.op != Op::kLike) {
    TRY(TakeValues(term, bound));
    return bound;
  }
  if (IsReal(columns[bound.column].type.family)) {
    return Misfit(fmt::format("column '{}' has no text to be LIKE", term.column));
  }
  bound.pattern = LikePattern::Parse(term.values.front());
  if (!bound.pattern.has_value()) {
    return Misfit(fmt::format("the pattern for column '{}' cannot be read", term.column));
  }
  return bound;
}

Result<std::shared_ptr<const PartitionFilter>> PartitionFilter::Compile(const PartitionTerms& terms,
                                                                        const Protocol& protocol,
                                                                        const Metadata& metadata) {
  const TableColumns table(protocol, metadata);
  auto compiled = std::make_unique<Compiled>();
  if (terms.tuples.empty()) return Misfit("there are no partitions");
  for (const auto& tuple : terms.tuples) {
    if (tuple.empty()) return Misfit("a partition without terms");
    auto& bound = compiled->tuples.emplace_back();
    for (const PartitionTerm& term : tuple) bound.push_back(TRY(compiled->TermOf(table, term)));
  }
  return std::shared_ptr<const PartitionFilter>(new PartitionFilter(std::move(compiled), terms.id));
}

PartitionFilter::PartitionFilter(std::unique_ptr<const Compiled> compiled, std::string id)
    : compiled_(std::move(compiled)), id_(std::move(id)) {}
PartitionFilter::~PartitionFilter() = default;

struct PartitionSieve::State {
  explicit State(std::shared_ptr<const PartitionFilter> by)
      : filter(std::move(by)), scalars(PathsOf(*filter->compiled_)) {
    known.resize(filter->compiled_->columns.size());
  }

  static std::vector<JsonScalars::Path> PathsOf(const PartitionFilter::Compiled& compiled) {
    std::vector<JsonScalars::Path> paths;
    paths.reserve(compiled.columns.size());
    for (const BoundColumn& column : compiled.columns) paths.push_back({column.name});
    return paths;
  }

  Status Read(std::string_view partition_values);
  bool Judge() const;

  const std::shared_ptr<const PartitionFilter> filter;
  JsonScalars scalars;
  std::vector<Known> known;  // of the file, by column
  std::unordered_map<std::string, bool, Hash, std::equal_to<>> remembered;
  size_t memory = 0;
};

// Every column that the filter names, whatever it comes to without it: which files are refused does
// not depend on the others' values.
Status PartitionSieve::State::Read(std::string_view partition_values) {
  if (!scalars.Read(partition_values)) return Misfit("partition values that cannot be read");
  for (size_t i = 0; i < known.size(); ++i) {
    const BoundColumn& column = filter->compiled_->columns[i];
    const Scalar& scalar = scalars.at(i);
    if (scalar.kind == Scalar::Kind::kNull) {
      known[i].reset();
      continue;
    }
    if (scalar.kind != Scalar::Kind::kText) {
      return Misfit(fmt::format("a file has no value of '{}'", column.name));
    }
    std::optional<Typed> typed = ParseTyped(column.type, scalar.text);
    if (!typed.has_value()) {
      return Misfit(fmt::format("a file has a value of '{}' that is not of its type", column.name));
    }
    if (column.zoned.value_or(typed->zoned) != typed->zoned) {
      return Misfit(fmt::format("a file has a time of '{}' {} zone, unlike the filter", column.name,
                                typed->zoned ? "with a" : "without"));
    }
    known[i] = std::move(typed->value);
  }
  return {};
}

bool PartitionSieve::State::Judge() const {
  const PartitionFilter::Compiled& by = *filter->compiled_;
  return std::ranges::any_of(by.tuples, [&](const std::vector<BoundTerm>& tuple) {
    return std::ranges::all_of(tuple, [&](const BoundTerm& term) {
      return Holds(term, by.columns[term.column].type, known[term.column]);
    });
  });
}

PartitionSieve::PartitionSieve(std::shared_ptr<const PartitionFilter> filter)
    : state_(std::make_unique<State>(std::move(filter))) {}
PartitionSieve::~PartitionSieve() = default;
PartitionSieve::PartitionSieve(PartitionSieve&&) noexcept = default;

Result<bool> PartitionSieve::Keeps(std::string_view partition_values) {
  State& s = *state_;
  const auto remembered = s.remembered.find(partition_values);
  if (remembered != s.remembered.end()) return remembered->second;
  TRY(s.Read(partition_values));
  const bool keeps = s.Judge();
  constexpr size_t kEntry = 100;  // what the map itself needs, about
  if (s.memory > kMostMemory) {
    s.remembered.clear();
    s.memory = 0;
  }
  s.memory += kEntry + partition_values.size();
  s.remembered.emplace(partition_values, keeps);
  return keeps;
}

}  // namespace sluice::delta
