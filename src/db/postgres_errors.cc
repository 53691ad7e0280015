#include "db/postgres_errors.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "db/messages.h"

namespace sluice::db {
namespace {

struct Known {
  std::string_view state;  // or its first two characters: the whole class
  Code code;
};

// The first that fits counts. https://www.postgresql.org/docs/current/errcodes-appendix.html
constexpr std::array kKnown = {
    Known{"23505", Code::kAlreadyExists},    // unique_violation
    Known{"22021", Code::kInvalidArgument},  // text that is not UTF-8
    Known{"22P05", Code::kInvalidArgument},  // a character that the database cannot hold
    Known{"40", Code::kConflict},            // serialization_failure, deadlock_detected
    Known{"08", Code::kUnavailable},         // connections
    Known{"25P03", Code::kUnavailable},      // idle in a transaction for too long
    Known{"53", Code::kUnavailable},         // disk full, too many connections
    Known{"55P03", Code::kUnavailable},      // lock_not_available: for five seconds
    Known{"57", Code::kUnavailable},         // shutdown, canceled
    Known{"58", Code::kUnavailable},         // the disk
    Known{"XX001", Code::kCorrupt},          // data_corrupted
    Known{"XX002", Code::kCorrupt},          // index_corrupted
};

Code ToCode(std::string_view state, Access access) {
  if (state.empty()) return Code::kUnavailable;
  if (state == "25006" && access == Access::kWrite) return Code::kUnavailable;  // a standby
  for (const Known& known : kKnown) {
    if (state.starts_with(known.state)) return known.code;
  }
  return Code::kInternal;
}

}  // namespace

Error FromPostgres(std::string_view sqlstate, std::string_view words, Access access) {
  const Code code = ToCode(sqlstate, access);
  const std::string_view message =
      code == Code::kInvalidArgument ? "a text holds what the database cannot keep" : Message(code);
  // Class 22 is of values that do not fit, and its words quote them.
  if (sqlstate.starts_with("22")) words = "a value";
  while (words.ends_with('\n')) words.remove_suffix(1);
  const std::string_view state = sqlstate.empty() ? "no connection" : sqlstate;
  return {code, std::string(message), fmt::format("PostgreSQL error {}: {}", state, words), {}};
}

}  // namespace sluice::db
