#include "notify/posting.h"

#include "base/crypto/uuid.h"
#include "notify/message.h"
#include "notify/rows.h"

namespace sluice::notify {

Status PostToInboxes(db::Session& session, const Poster& poster, const Fact& fact) {
  Posting posting{fact, poster.now};
  for (size_t i = 0; i < fact.holders.size(); ++i)
    posting.ids.push_back(crypto::RandomUuid(poster.random));
  return PutInInboxes(session, posting);
}

Status Post(db::Session& session, const Poster& poster, const Fact& fact) {
  TRY(PostToInboxes(session, poster, fact));
  std::set<std::string> destinations;
  for (const Subscription& one : TRY(ReadSubscriptions(session))) {
    if (one.Wants(fact)) destinations.insert(one.destination);
  }
  return PostTo(session, poster, destinations, fact.key, MessageBody(fact, poster.now));
}

Status PostTo(db::Session& session, const Poster& poster, const std::set<std::string>& destinations,
              const std::string& fact, const std::string& body) {
  for (const std::string& destination : destinations) {
    TRY(PutNew(session, {.id = "msg_" + crypto::RandomUuid(poster.random),
                         .destination = destination,
                         .fact = fact,
                         .body = body,
                         .first_at = poster.now,
                         .next_at = poster.now}));
  }
  return {};
}

}  // namespace sluice::notify
