// db/sqlite_errors.h -- what SQLite and SOCI throw, as errors of ours.
#pragma once

#include <type_traits>
#include <utility>

#include "base/result.h"

namespace sluice::db {

// The error for an extended result code of SQLite; `words` go into the detail.
Error FromSqlite(int code, std::string_view words);

// The error for the exception that is being handled.
Error FromException();

// Runs `call`, which may throw.
template <class Call>
Result<std::invoke_result_t<Call>> Caught(Call&& call) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
      std::forward<Call>(call)();
      return {};
    } else {
      return std::forward<Call>(call)();
    }
  } catch (...) {
    return std::unexpected(FromException());
  }
}

}  // namespace sluice::db
