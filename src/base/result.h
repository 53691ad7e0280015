// base/result.h -- how every function of the project fails.
//
// A function that can fail returns Result<T> (or Status when there is nothing to return). The
// caller passes the failure up with TRY, or reacts to its code:
//
//   Result<Page> Load(const Store& store) {
//     std::string bytes = TRY(store.Read("page"));
//     TRY(CheckMagic(bytes));
//     return Parse(bytes);
//   }
//
// No exception crosses a room: the wrapper around a library that throws converts it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

// One code per reaction of the caller; the HTTP status of each is in net/status.h.
enum class Code {
  kInvalidArgument,    // the request is wrong: change it
  kUnauthenticated,    // say who you are
  kPermissionDenied,   // you may not
  kNotFound,           // no such thing, or not for you
  kAlreadyExists,      // choose another name
  kConflict,           // somebody was faster: read again
  kUnsupported,        // well-formed, but not something this server does
  kResourceExhausted,  // slow down, or ask for less
  kUnavailable,        // a passing fault: try again
  kCorrupt,            // the data is broken: trying again does not help
  kInternal,           // a bug of ours
};

// The name of a code as it stands in logs, e.g. "not_found".
std::string_view CodeName(Code code);

// What went wrong. `message` is for the client and names only what the client named; `detail`
// (paths, hosts, library texts) goes to the log and never into an answer. `reason` overrides the
// API dialect's default word for `code` ("MALFORMED_REQUEST"); it points to a string literal.
struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::string detail;
  std::string_view reason;

  // Prefixes the detail while the error climbs: Context("reading commit 7").
  [[nodiscard]] Error Context(std::string_view what) &&;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// Short forms for `return`: return Fail(Code::kNotFound, "no share 'x'");
std::unexpected<Error> Fail(Code code, std::string message, std::string detail = {},
                            std::string_view reason = {});

// Drops an error on purpose; `why` is for the reader.
template <class T>
void IgnoreError(const Result<T>& /*result*/, std::string_view /*why*/) {}

}  // namespace sluice

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)
#define SLUICE_TRY(var, expr)                                          \
  __extension__({                                                      \
    auto var = (expr);                                                 \
    if (!var.has_value()) [[unlikely]] {                               \
      return std::unexpected<::sluice::Error>(std::move(var).error()); \
    }                                                                  \
    *std::move(var);                                                   \
  })
// The value of a Result, or return its error from this function.
#define TRY(...) SLUICE_TRY(SLUICE_CONCAT(try_result_, __COUNTER__), (__VA_ARGS__))

#define SLUICE_TRY_CONTEXT(var, what, expr)                                          \
  __extension__({                                                                    \
    auto var = (expr);                                                               \
    if (!var.has_value()) [[unlikely]] {                                             \
      return std::unexpected<::sluice::Error>(std::move(var).error().Context(what)); \
    }                                                                                \
    *std::move(var);                                                                 \
  })
// TRY that says where: TRY_CONTEXT("reading commit 7", ReadCommit(7)).
#define TRY_CONTEXT(what, ...) \
  SLUICE_TRY_CONTEXT(SLUICE_CONCAT(try_result_, __COUNTER__), (what), (__VA_ARGS__))
