// notify/posting.h -- puts a fact into the inboxes and before the destinations that wait for it.
#pragma once

#include <set>
#include <string>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/result.h"
#include "db/database.h"
#include "notify/fact.h"

namespace sluice::notify {

struct Poster {
  Random& random;
  TimePoint now;
};

// To inboxes alone.
Status PostToInboxes(db::Session& session, const Poster& poster, const Fact& fact);
// To inboxes, and to the destinations with a subscription that wants it.
Status Post(db::Session& session, const Poster& poster, const Fact& fact);
// A message to these destinations; `fact` is the key, which a destination gets once.
Status PostTo(db::Session& session, const Poster& poster, const std::set<std::string>& destinations,
              const std::string& fact, const std::string& body);

}  // namespace sluice::notify
