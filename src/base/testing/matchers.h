// base/testing/matchers.h -- GoogleTest matchers for Result.
//
//   EXPECT_THAT(Load(store), IsOkAnd(Field(&Page::size, 3)));
//   EXPECT_THAT(Load(empty), IsError(Code::kNotFound));
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result.h"

namespace sluice {

// What a failed expectation prints.
inline void PrintTo(const Error& error, std::ostream* os) {
  *os << CodeName(error.code) << ": " << error.message << " [" << error.detail << "]";
}

namespace testing {

MATCHER(IsOk, "is a success") {
  if (arg.has_value()) return true;
  if (result_listener->stream() != nullptr) PrintTo(arg.error(), result_listener->stream());
  return false;
}

MATCHER_P(IsOkAnd, inner, "is a success whose value matches") {
  if (!arg.has_value()) {
    if (result_listener->stream() != nullptr) PrintTo(arg.error(), result_listener->stream());
    return false;
  }
  return ::testing::ExplainMatchResult(inner, *arg, result_listener);
}

MATCHER_P(IsError, code, "is an error with the code") {
  if (arg.has_value()) {
    *result_listener << "is a success";
    return false;
  }
  if (result_listener->stream() != nullptr) PrintTo(arg.error(), result_listener->stream());
  return arg.error().code == code;
}

MATCHER_P2(IsError, code, text, "is an error with the code, whose message holds the text") {
  if (arg.has_value()) {
    *result_listener << "is a success";
    return false;
  }
  if (result_listener->stream() != nullptr) PrintTo(arg.error(), result_listener->stream());
  return arg.error().code == code &&
         arg.error().message.find(std::string_view(text)) != std::string::npos;
}

}  // namespace testing
}  // namespace sluice
