// notify/states.h -- what in the catalog is worth being told of when it comes or goes.
//
// A state has a key ("grant:<share>:<recipient>") and is there or not. Of the states that were
// there when it was looked last, their keys and a few names are kept; what is new since, or gone,
// is a fact. So nothing depends on having seen the moment in which it happened.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "catalog/picture.h"
#include "notify/fact.h"

namespace sluice::notify {

// Key -> what is needed to tell that it is gone: a JSON object.
using Known = std::map<std::string, std::string, std::less<>>;

struct Notice {
  std::chrono::hours first{24 * 7};  // before a token or a grant ends
  std::chrono::hours last{24};       // and once more
};

// What shared objects are broken takes time to find out.
enum class Broken { kLeftOut, kIncluded };

// All states of a picture.
Known StatesOf(const catalog::Picture& picture, TimePoint now, const Notice& notice, Broken broken);
// Of states that StatesOf leaves out with kLeftOut, and of those that are not of the catalog.
bool IsOfSlowLook(std::string_view key);
bool IsOfCatalog(std::string_view key);

// What is to be told of a state that came, or went; nothing: it is just taken note of. `known` is
// what was known before.
std::optional<Fact> FactOfNew(const catalog::Picture& picture, TimePoint now,
                              const std::string& key, const Known& known);
std::optional<Fact> FactOfGone(const catalog::Picture& picture, TimePoint now,
                               const std::string& key, std::string_view value);

// The users that stand for an owner: itself, or the members of the group, theirs included. At most
// a hundred.
std::vector<std::string> PeopleOf(const catalog::Picture& picture, const catalog::Id& owner);

}  // namespace sluice::notify
