#include "db/copy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/crypto/crypto.h"

namespace sluice::db {
namespace {

// Of one INSERT. Both drivers take more (32,766 places); much more is not faster.
constexpr size_t kPlaces = 2000;
constexpr size_t kBytes = 1 << 20;

std::string Quoted(std::string_view name) { return fmt::format("\"{}\"", name); }

std::string ColumnsOf(const TableShape& table) {
  return fmt::format("\"{}\"", fmt::join(table.columns, "\", \""));
}

// What tells whether two tables have the same rows, in whatever order they come.
struct Sum {
  int64_t rows = 0;
  std::array<uint64_t, 4> digests{};

  void Add(const Row& row) {
    crypto::Sha256Stream hash;
    for (const Value& value : row) {
      const auto* text = std::get_if<std::string>(&value);
      const auto* number = std::get_if<int64_t>(&value);
      hash.Add(text != nullptr     ? fmt::format("t{}:", text->size())
               : number != nullptr ? fmt::format("n{};", *number)
                                   : std::string("-"));
      if (text != nullptr) hash.Add(*text);
    }
    std::array<uint64_t, 4> digest{};
    const crypto::Digest bytes = hash.Finish();
    static_assert(sizeof(digest) == sizeof(bytes));
    std::memcpy(digest.data(), bytes.data(), bytes.size());
    for (size_t i = 0; i < digest.size(); ++i) digests[i] += digest[i];
    ++rows;
  }
  bool operator==(const Sum&) const = default;
};

// Rows on their way into a table, several with each statement.
class Inserter {
 public:
  Inserter(Session& to, const TableShape& table) : to_(to), table_(table) {}

  Status Add(const Row& row) {
    for (const Value& value : row) {
      if (const auto* text = std::get_if<std::string>(&value)) bytes_ += text->size();
      values_.push_back(value);
    }
    if (bytes_ < kBytes && values_.size() + table_.columns.size() <= kPlaces) return {};
    return Flush();
  }

  Status Flush() {
    if (values_.empty()) return {};
    const size_t width = table_.columns.size();
    std::string places = "(?";
    for (size_t i = 1; i < width; ++i) places += ", ?";
    places += ')';
    std::string sql =
        fmt::format("INSERT INTO {} ({}) VALUES ", Quoted(table_.name), ColumnsOf(table_));
    for (size_t i = 0; i < values_.size(); i += width) sql += (i == 0 ? "" : ", ") + places;
    const auto put = to_.Run(sql, values_);
    if (!put && put.error().code == Code::kInvalidArgument) return Refused(put.error());
    if (!put) return std::unexpected(put.error());
    values_.clear();
    bytes_ = 0;
    return {};
  }

 private:
  // Which of the values it was: each is shown to the database again, alone.
  Status Refused(const Error& error) {
    for (size_t i = 0; i < values_.size(); ++i) {
      const Status taken = to_.Query("SELECT ?", {values_[i]}, [](const Row&) { return Status(); });
      if (taken || taken.error().code != Code::kInvalidArgument) continue;
      return Fail(Code::kInvalidArgument,
                  fmt::format("the column \"{}\" of the table \"{}\" holds a text that the new "
                              "database cannot keep: with the character U+0000, or not UTF-8",
                              table_.columns[i % table_.columns.size()], table_.name),
                  error.detail);
    }
    return std::unexpected(error);
  }

  Session& to_;
  const TableShape& table_;
  Row values_{};
  size_t bytes_ = 0;
};

// Those that others refer to come first.
Result<std::vector<TableShape>> InOrder(std::vector<TableShape> tables) {
  std::vector<TableShape> ordered;
  const auto waits = [&](const TableShape& table) {
    return std::ranges::any_of(table.refers_to, [&](const std::string& other) {
      return other != table.name &&
             std::ranges::find(tables, other, &TableShape::name) != tables.end();
    });
  };
  while (!tables.empty()) {
    const auto next = std::ranges::find_if_not(tables, waits);
    if (next == tables.end()) {
      return Fail(Code::kUnsupported, "tables that refer to each other cannot be copied",
                  tables.front().name);
    }
    ordered.push_back(std::move(*next));
    tables.erase(next);
  }
  return ordered;
}

// From one transaction into another.
class Copy {
 public:
  Copy(Session& from, Session& to, const CopyProgress& progress)
      : from_(from), to_(to), progress_(progress) {}

  Result<CopyCount> Run() {
    const int64_t steps = TRY(CompareSteps());
    const std::vector<TableShape> tables = TRY(TablesOfBoth());
    // Each step is a Write, and so is this.
    const bool is_new = TRY(Generation(to_)) == steps + 1;
    if (is_new) TRY(RemoveFirstRows(tables));
    for (const TableShape& table : tables) {
      const Sum copied = TRY_CONTEXT(table.name, Take(table, is_new));
      const Sum there =
          TRY_CONTEXT(table.name, SumOf(to_, table, [](const Row&) { return Status(); }));
      if (copied == there) continue;
      if (!is_new) {
        return Fail(Code::kAlreadyExists, "the new database has other rows already", table.name);
      }
      return Fail(Code::kInternal, "what was copied is not what was there",
                  fmt::format("{}: {} rows of {}", table.name, there.rows, copied.rows));
    }
    count_.tables = static_cast<int64_t>(tables.size());
    return count_;
  }

 private:
  Result<int64_t> CompareSteps() {
    std::array<std::vector<Row>, 2> taken;
    for (size_t i = 0; i < taken.size(); ++i) {
      TRY((i == 0 ? from_ : to_)
              .Query("SELECT number, name, sha256 FROM sluice_migrations ORDER BY number", {},
                     [&](const Row& row) -> Status {
                       taken[i].push_back(row);
                       return {};
                     }));
    }
    if (taken[0] == taken[1]) return static_cast<int64_t>(taken[0].size());
    return Fail(Code::kInvalidArgument, "the two databases are not of the same version of Sluice");
  }

  // In the order of the one that checks references now.
  Result<std::vector<TableShape>> TablesOfBoth() {
    std::vector<TableShape> there = TRY(from_.Tables());
    std::vector<TableShape> tables = TRY(InOrder(TRY(to_.Tables())));
    const auto same = [](TableShape a, TableShape b) {
      std::ranges::sort(a.columns);
      std::ranges::sort(b.columns);
      return a.name == b.name && a.columns == b.columns;
    };
    if (std::ranges::is_permutation(there, tables, same)) return tables;
    return Fail(Code::kInvalidArgument, "the two databases have not the same tables");
  }

  // What steps put in is among the rows that come.
  Status RemoveFirstRows(const std::vector<TableShape>& tables) {
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
      TRY(to_.Run("DELETE FROM " + Quoted(table->name)));
    }
    return {};
  }

  Result<Sum> Take(const TableShape& table, bool is_new) {
    Inserter inserter(to_, table);
    Sum sum = TRY(SumOf(from_, table, [&](const Row& row) -> Status {
      if (is_new) TRY(inserter.Add(row));
      ++count_.rows;
      if (progress_) progress_(table.name, count_.rows);
      return {};
    }));
    TRY(inserter.Flush());
    return sum;
  }

  static Result<Sum> SumOf(Session& session, const TableShape& table,
                           const std::function<Status(const Row&)>& each) {
    Sum sum;
    TRY(session.Query(fmt::format("SELECT {} FROM {}", ColumnsOf(table), Quoted(table.name)), {},
                      [&](const Row& row) -> Status {
                        sum.Add(row);
                        return each(row);
                      }));
    return sum;
  }

  Session& from_;
  Session& to_;
  const CopyProgress& progress_;
  CopyCount count_{};
};

}  // namespace

// A Write of `from` too, which changes nothing: so others wait.
Result<CopyCount> CopyRows(Database& from, Database& to, const CopyProgress& progress) {
  CopyCount count;
  TRY(from.Write([&](Session& source) {
    return to.Write([&](Session& target) -> Status {
      count = TRY(Copy(source, target, progress).Run());
      return {};
    });
  }));
  return count;
}

}  // namespace sluice::db
