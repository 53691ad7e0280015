// unity/description.h -- what the audit log says of a request's body (net::Route::describe).
//
// Whole, however long: what was changed must be on record. Cut is only what people write for
// people (comments). Never a secret.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "net/router.h"

namespace sluice::unity {

// Stands where a secret was given.
inline constexpr std::string_view kSecretGiven = "(secret)";

// The named fields of a body, and what `more` adds: for fields that hold secrets beside what is to
// be told. Without `more`: unity/routes.h.
std::function<net::Facts(const net::Request&)> Describe(
    std::vector<std::string_view> fields,
    std::function<void(const json::Object& body, net::Facts& facts)> more);

}  // namespace sluice::unity
