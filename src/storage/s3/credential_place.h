// storage/s3/credential_place.h -- one place where credentials may be found, and what it had.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "storage/s3/credentials.h"
#include "storage/store_options.h"

namespace sluice::storage {

// What a place had. Without credentials it is not configured; `absence` says which, what to set:
// "AWS_ACCESS_KEY_ID is not set". No path, host or name of a profile: it goes into a message.
struct Finding {
  std::optional<Credentials> credentials{};
  std::string absence{};
  std::string detail{};                 // for the log
  Code code = Code::kPermissionDenied;  // of the absence, where this place was the one to look at

  static Finding Of(const Credentials& found) { return {.credentials = found}; }
  static Finding Absent(std::string why) { return {.absence = std::move(why)}; }
};

// One thread at a time.
class CredentialPlace {
 public:
  virtual ~CredentialPlace() = default;
  // "environment", "profile": for messages.
  virtual std::string_view kind() const = 0;
  // The same with what an operator would look for in logs: "profile 'analytics'". Constant.
  virtual std::string name() const { return std::string(kind()); }
  // Errors: the place is configured, but broken (kPermissionDenied) or silent (kUnavailable)
  virtual Result<Finding> Look() = 0;
};

// The variable's value; empty when it is not set.
std::string Variable(const Environment& environment, const std::string& name);

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
std::unique_ptr<CredentialPlace> EnvironmentPlace(Environment environment);

// The place's credentials, or an error that says what is absent.
Result<Credentials> LookFor(CredentialPlace& place);

// How these keys fail: "the credentials for the store cannot be had: " and `why`, which holds
// nothing that is secret, no path and no host.
std::unexpected<Error> NoCredentials(Code code, std::string_view why, std::string detail = {});

}  // namespace sluice::storage
