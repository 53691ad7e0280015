// unity/securable_requests.h -- what requests about all kinds of securables have in common.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/picture.h"
#include "catalog/securables.h"
#include "net/http.h"
#include "unity/body.h"
#include "unity/services.h"

namespace sluice::unity {

// A securable and the picture that holds it.
struct Seen {
  std::shared_ptr<const catalog::Picture> picture;
  const catalog::Securable* securable = nullptr;
};
// Errors: kNotFound  not there, or not for who asks
Result<Seen> FindSeen(const Services& services, const net::Request& request,
                      const catalog::Target& target);
// What was made or changed just now. Errors: kNotFound  somebody deleted it since
Result<Seen> FindMade(const Services& services, const catalog::Target& target,
                      const catalog::Id& id);

// new_name, owner, comment, properties. Errors: kInvalidArgument
Result<catalog::CommonChange> CommonChangeOf(const Fields& fields);

// "?name=true". Errors: kInvalidArgument  neither true nor false
Result<bool> QueryFlag(const net::Request& request, std::string_view name);
Result<catalog::Force> ForceOf(const net::Request& request);
// A parameter of the query that must be there. Errors: kInvalidArgument
Result<std::string> RequiredQuery(const net::Request& request, std::string_view operation,
                                  std::string_view name);

// {}
net::Response EmptyResponse();

}  // namespace sluice::unity
