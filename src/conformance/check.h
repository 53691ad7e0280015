// conformance/check.h -- one check of the suite: what it proves, what it needs, and what it does.
//
// A check is a function of a Context. It asks the server, records what it expected and what came
// (Context::Expect...), and returns. It passes when it recorded at least one expectation and all
// of them held. TRY ends a check early: an error that is not Context's own way of stopping fails
// it ("no answer came").
//
//   Status SharesHaveNames(Context& context) {
//     const Answer answer = TRY(context.Get("/shares"));
//     const json::Object list = TRY(context.RequireObject(answer));
//     context.Expect(list.contains("items"), answer, "a member 'items'");
//     return {};
//   }
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace sluice::conformance {

class Context;

enum class Level {
  kRequired,     // the protocol says must, or its form of a request or answer
  kRecommended,  // the protocol says should, or clients in wide use need it
  kOptional,     // a feature: a server without it passes, one with a broken one does not
};
std::string_view LevelName(Level level);

// What the server must share for the check to run.
struct Needs {
  enum class Kind { kNothing, kTable, kMadeTable };
  Kind kind = Kind::kNothing;
  // kMadeTable: the table of `sluice conformance make-tables` with that name.
  std::string_view table{};
};
inline constexpr Needs kNeedsNothing{};
// Any table that can be read; Context::table() has it.
inline constexpr Needs kNeedsTable{.kind = Needs::Kind::kTable};
constexpr Needs NeedsMade(std::string_view table) {
  return {.kind = Needs::Kind::kMadeTable, .table = table};
}

// A heading of the protocol's text, and the anchor of it.
struct Section {
  std::string_view heading;
  std::string_view anchor;
};
inline constexpr std::string_view kProtocolUrl =
    "https://github.com/delta-io/delta-sharing/blob/main/PROTOCOL.md";

struct Check {
  std::string_view id;     // "list-shares.paging": letters, digits, '-' and '.'; never changed
  std::string_view title;  // what holds when it passes: "Pages of shares hold every share once"
  Section section;
  Level level = Level::kRequired;
  Needs needs{};
  Status (*run)(Context&) = nullptr;
  // What the author of a server should know about it: where the reference server differs, say.
  std::string_view remark{};
};

// A check about a table of make-tables.
constexpr Check MadeTableCheck(std::string_view id, std::string_view title, std::string_view table,
                               Status (*run)(Context&), Section section,
                               Level level = Level::kRequired) {
  return {.id = id,
          .title = title,
          .section = section,
          .level = level,
          .needs = NeedsMade(table),
          .run = run};
}

// Checks about one matter, in the order in which they run.
struct Theme {
  std::string_view name;
  std::span<const Check> checks;
};

}  // namespace sluice::conformance
