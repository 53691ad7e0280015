#include "delta/bound_predicate.h"

#include <algorithm>
#include <map>
#include <utility>

namespace sluice::delta {
namespace {

using Op = Predicate::Op;
using Needs = BoundNode::Needs;

constexpr int kMaxDepth = 200;
constexpr size_t kMostNames = 1000;  // of columns; each is looked for in the whole schema

BoundNode Constant(Outcomes outcomes) { return {.constant = outcomes}; }

// Type that an operand's values have before anything is done for the comparison.
struct TypedOperand {
  std::optional<size_t> column;
  Type type;
  Range literal;
  ValueType declared = ValueType::kOwn;
  Type own;  // of a column: its type in the schema
};

Type DeclaredType(ValueType declared) {
  switch (declared) {
    case ValueType::kBool: return OfFamily(Family::kBool);
    case ValueType::kInt: return Integer(32);
    case ValueType::kLong: return Integer(64);
    case ValueType::kFloat: return OfFamily(Family::kFloat);
    case ValueType::kDouble: return OfFamily(Family::kDouble);
    case ValueType::kString: return OfFamily(Family::kString);
    case ValueType::kDate: return OfFamily(Family::kDate);
    case ValueType::kTimestamp:
    case ValueType::kTimestampMs: return OfFamily(Family::kTimestamp);
    case ValueType::kNull: return OfFamily(Family::kNull);
    case ValueType::kNumber:
    case ValueType::kOwn: return {};
  }
  return {};
}

// A number of SQL: a decimal, unless it has an exponent; engines take that for a double.
TypedOperand BindNumber(std::string_view text) {
  TypedOperand bound;
  const std::optional<Number> number = ParseNumber(text);
  if (text.find_first_of("eE") == std::string_view::npos) {
    if (!number.has_value()) return bound;
    bound.type = {.family = Family::kDecimal,
                  .precision = std::max(Digits(*number), number->scale),
                  .scale = number->scale};
    bound.literal = Range::Point(*number);
    return bound;
  }
  if (number.has_value()) {
    const DoubleSpan span = ToDoubles(*number);
    bound.literal = Range::Between(span.least, span.most);
  } else if (const std::optional<double> real = ParseDouble(text)) {
    const DoubleSpan span = Around(*real);
    bound.literal = Range::Between(span.least, span.most);
  } else {
    return bound;
  }
  bound.type = OfFamily(Family::kDouble);
  return bound;
}

TypedOperand BindLiteral(const Operand& operand) {
  TypedOperand bound;
  if (operand.type == ValueType::kNumber) bound = BindNumber(operand.text);
  bound.declared = operand.type;
  if (operand.type == ValueType::kNull) bound.literal = Range::Null();
  if (operand.type == ValueType::kNumber) return bound;
  // A client may say "null" for null, whatever the type.
  const bool is_null = operand.type == ValueType::kNull;
  const std::optional<Range> value =
      operand.text == "null" ? std::nullopt : ParseValue(DeclaredType(operand.type), operand.text);
  if (is_null || value.has_value()) bound.type = DeclaredType(operand.type);
  if (!value.has_value()) return bound;
  bound.literal = *value;
  if (operand.type == ValueType::kTimestampMs) {
    constexpr Int128 kCutOff = 999;  // at most, and to either side: clients cut towards zero
    bound.literal = Range::Between(Number{std::get<Number>(*value->lo).unscaled - kCutOff, 0},
                                   Number{std::get<Number>(*value->hi).unscaled + kCutOff, 0});
  }
  return bound;
}

// The literal that does not fit into its type: nobody knows what it is.
bool IsUnknown(const TypedOperand& operand) { return operand.type.family == Family::kOther; }
bool IsSurelyNull(const TypedOperand& operand) { return operand.type.family == Family::kNull; }

// Spark's connector tells the innermost cast of several: where the two sides are not of one type,
// or two columns are compared as what they are not, there may have been another cast.
bool CastsMayBeMissing(const TypedOperand& a, const TypedOperand& b) {
  if (IsSurelyNull(a) || IsSurelyNull(b)) return false;
  const auto is_cast = [](const TypedOperand& operand) {
    return operand.column.has_value() && operand.declared != ValueType::kOwn;
  };
  if (a.column.has_value() && b.column.has_value()) {
    const auto differs = [&](const TypedOperand& operand) {
      return is_cast(operand) && operand.type != operand.own;
    };
    return differs(a) || differs(b);
  }
  if (!is_cast(a) && !is_cast(b)) return false;
  const ValueType other = is_cast(a) ? b.declared : a.declared;
  const ValueType cast = is_cast(a) ? a.declared : b.declared;
  if (other == ValueType::kNumber) return false;
  return DeclaredType(cast) != DeclaredType(other);
}

void NumberParts(BoundNode& node, size_t& next) {
  if (node.needs == Needs::kPartition) {
    node.part = next++;
  } else {
    for (BoundNode& child : node.children) NumberParts(child, next);
  }
}

class Binder {
 public:
  explicit Binder(const TableColumns& columns) : columns_(columns) {}

  BoundNode Bind(const Predicate& predicate, int depth) {
    if (depth > kMaxDepth) return Constant(Outcomes::Any());
    switch (predicate.op) {
      case Op::kUnknown: return Constant(Outcomes::Any());
      case Op::kIsNull: return BindIsNull(predicate);
      case Op::kEqual: return BindComparison(predicate, BoundNode::Op::kEqual);
      case Op::kLess: return BindComparison(predicate, BoundNode::Op::kLess);
      case Op::kLessOrEqual: return BindComparison(predicate, BoundNode::Op::kLessOrEqual);
      case Op::kIn: return BindIn(predicate);
      case Op::kStartsWith: return BindStartsWith(predicate);
      case Op::kAnd: return BindChildren(predicate, BoundNode::Op::kAnd, depth);
      case Op::kOr: return BindChildren(predicate, BoundNode::Op::kOr, depth);
      case Op::kNot: return BindNot(predicate, depth);
    }
    return Constant(Outcomes::Any());
  }

  BoundPredicate Result(BoundNode root) {
    size_t parts = 0;
    NumberParts(root, parts);
    return {std::move(bound_), std::move(views_), std::move(root), mixed_};
  }

 private:
  std::optional<size_t> Column(const std::string& name) {
    if (by_name_.size() == kMostNames && !by_name_.contains(name)) return std::nullopt;
    const auto [known, is_new] = by_name_.try_emplace(name, std::nullopt);
    if (!is_new) return known->second;
    std::optional<TableColumn> column = columns_.Find(name);
    if (!column.has_value()) return std::nullopt;
    const auto [place, unseen] = by_path_.try_emplace(column->path, bound_.size());
    if (unseen) bound_.push_back(std::move(*column));
    known->second = place->second;
    return place->second;
  }

  TypedOperand BindOperand(const Operand& operand) {
    if (!operand.is_column) return BindLiteral(operand);
    TypedOperand bound;
    bound.declared = operand.type;
    bound.column = Column(operand.text);
    if (!bound.column.has_value()) return bound;
    bound.own = bound_[*bound.column].type;
    bound.type = operand.type == ValueType::kOwn ? bound.own : DeclaredType(operand.type);
    // pandas compares floats with doubles as floats, whatever the client says.
    if (bound.own.family == Family::kFloat && bound.type.family == Family::kDouble) {
      bound.type = bound.own;
    }
    // There is no cast to timestamps without a zone: the client means the column as it is.
    if (bound.own.family == Family::kTimestampNtz && bound.type.family == Family::kTimestamp) {
      bound.type = bound.own;
    }
    return bound;
  }

  BoundOperand View(const TypedOperand& operand, const Type& compared) {
    if (!operand.column.has_value()) {
      return {std::nullopt, Convert(operand.literal, operand.type, compared)};
    }
    const ColumnView view{*operand.column, operand.type, compared};
    const auto [place, is_new] = view_index_.try_emplace(view, views_.size());
    if (is_new) views_.push_back(view);
    return {place->second, Range::Anything()};
  }

  Needs NeedsOf(const TypedOperand& operand) const {
    if (!operand.column.has_value()) return Needs::kNothing;
    return bound_[*operand.column].is_partition ? Needs::kPartition : Needs::kStatistics;
  }

  // The operands of a comparison as what they are compared as; nothing: nobody knows.
  std::optional<Type> Compared(const TypedOperand& a, const TypedOperand& b) const {
    if (IsUnknown(a) || IsUnknown(b) || CastsMayBeMissing(a, b)) return std::nullopt;
    const Type type = CommonType(a.type, b.type);
    return type.family == Family::kOther ? std::nullopt : std::optional(type);
  }

  BoundNode BindComparison(const Predicate& predicate, BoundNode::Op op) {
    if (predicate.operands.size() != 2) return Constant(Outcomes::Any());
    const TypedOperand left = BindOperand(predicate.operands[0]);
    const TypedOperand right = BindOperand(predicate.operands[1]);
    const std::optional<Type> type = Compared(left, right);
    if (!type.has_value()) return Constant(Outcomes::Any());
    BoundNode node{.op = op, .left = View(left, *type), .right = View(right, *type)};
    const Needs less = std::min(NeedsOf(left), NeedsOf(right));
    node.needs = std::max(NeedsOf(left), NeedsOf(right));
    if (less == Needs::kPartition && node.needs == Needs::kStatistics) mixed_ = true;
    return node;
  }

  BoundNode BindIsNull(const Predicate& predicate) {
    if (predicate.operands.size() != 1) return Constant(Outcomes::Any());
    const TypedOperand operand = BindOperand(predicate.operands[0]);
    if (!operand.column.has_value()) {
      // Of a name that no column has as well.
      if (IsUnknown(operand)) return Constant(Outcomes::Any());
      return Constant(IsNull(operand.literal));
    }
    BoundNode node{.op = BoundNode::Op::kIsNull,
                   .needs = NeedsOf(operand),
                   .left = View(operand, operand.type)};
    return node;
  }

  BoundNode BindIn(const Predicate& predicate) {
    if (predicate.operands.size() < 2) return Constant(Outcomes::Any());
    const TypedOperand sought = BindOperand(predicate.operands[0]);
    Type common = sought.type;
    std::vector<TypedOperand> literals;
    for (size_t i = 1; i < predicate.operands.size(); ++i) {
      literals.push_back(BindOperand(predicate.operands[i]));
      const TypedOperand& literal = literals.back();
      if (literal.column.has_value() || !Compared(sought, literal).has_value()) {
        return Constant(Outcomes::Any());
      }
      common = CommonType(common, literal.type);
    }
    // Engines bring all of a list to one type.
    if (common.family == Family::kOther) return Constant(Outcomes::Any());
    const auto is_text = [](const TypedOperand& operand) {
      return operand.type.family == Family::kString;
    };
    bool texts = is_text(sought);
    std::vector<Range> ranges;
    for (const TypedOperand& literal : literals) {
      texts = texts || is_text(literal);
      ranges.push_back(Convert(literal.literal, literal.type, common));
    }
    BoundNode node{
        .op = BoundNode::Op::kIn, .needs = NeedsOf(sought), .left = View(sought, common)};
    // Spark compares texts where one of them is a text: '1.0' is no 1 then.
    const bool sure = !texts || common.family == Family::kString;
    node.set = std::make_unique<const LiteralSet>(std::move(ranges), sure);
    return node;
  }

  BoundNode BindStartsWith(const Predicate& predicate) {
    if (predicate.operands.size() != 2) return Constant(Outcomes::Any());
    const TypedOperand sought = BindOperand(predicate.operands[0]);
    const TypedOperand prefix = BindOperand(predicate.operands[1]);
    const auto is_string = [](const TypedOperand& operand) {
      return operand.type.family == Family::kString;
    };
    if (!is_string(sought) || !is_string(prefix) || prefix.column.has_value()) {
      return Constant(Outcomes::Any());
    }
    BoundNode node{.op = BoundNode::Op::kStartsWith,
                   .needs = NeedsOf(sought),
                   .left = View(sought, sought.type)};
    node.prefix = predicate.operands[1].text;
    return node;
  }

  BoundNode BindChildren(const Predicate& predicate, BoundNode::Op op, int depth) {
    if (predicate.children.empty()) return Constant(Outcomes::Any());
    const bool is_and = op == BoundNode::Op::kAnd;
    const Outcomes neutral(is_and, !is_and, false);
    Outcomes constants = neutral;  // what all constant children come to
    BoundNode node{.op = op};
    for (const Predicate& predicate_of_child : predicate.children) {
      BoundNode child = Bind(predicate_of_child, depth + 1);
      if (child.op == BoundNode::Op::kConstant) {
        constants = is_and ? And(constants, child.constant) : Or(constants, child.constant);
        continue;
      }
      node.needs = std::max(node.needs, child.needs);
      node.children.push_back(std::move(child));
    }
    const bool decided = constants == Outcomes(!is_and, is_and, false);
    if (node.children.empty() || decided) return Constant(constants);
    if (constants != neutral) node.children.push_back(Constant(constants));
    return node;
  }

  BoundNode BindNot(const Predicate& predicate, int depth) {
    if (predicate.children.size() != 1) return Constant(Outcomes::Any());
    BoundNode child = Bind(predicate.children.front(), depth + 1);
    if (child.op == BoundNode::Op::kConstant) return Constant(Not(child.constant));
    BoundNode node{.op = BoundNode::Op::kNot, .needs = child.needs};
    node.children.push_back(std::move(child));
    return node;
  }

  const TableColumns& columns_;
  std::map<std::string, std::optional<size_t>> by_name_;
  std::map<std::vector<std::string>, size_t> by_path_;
  std::map<ColumnView, size_t> view_index_;
  std::vector<TableColumn> bound_;
  std::vector<ColumnView> views_;
  bool mixed_ = false;
};

}  // namespace

BoundPredicate Bind(const Predicate& predicate, const TableColumns& columns) {
  Binder binder(columns);
  BoundNode root = binder.Bind(predicate, 0);
  return binder.Result(std::move(root));
}

}  // namespace sluice::delta
