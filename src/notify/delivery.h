// notify/delivery.h -- the queue of what goes out, and when it is tried again.
//
// A message is in the queue until the other side took it: a crash in between sends it again, under
// the same id. What fails is tried after 2 s, 8 s, 32 s ... at most an hour, some more or less so
// that not all come at once, for a day; then it is given up.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "db/database.h"
#include "notify/rows.h"
#include "notify/transport.h"

namespace sluice::notify {

inline constexpr std::chrono::hours kGiveUpAfter{24};

// What secrets of a destination are sealed with.
std::string SealContext(const std::string& destination);

// How long to wait after so many attempts.
Millis Backoff(int64_t attempts, Random& random);

class Delivering {
 public:
  // All are borrowed.
  Delivering(db::Database& database, catalog::Catalog& catalog, Transport& transport)
      : database_(database), catalog_(catalog), transport_(transport) {}

  struct Round {
    size_t sent = 0;
    size_t postponed = 0;
    std::vector<Delivery> given_up{};
    bool more = false;  // others are due
  };
  // Sends what is due. One thread. Errors: those of the database
  Result<Round> SendDue();

  // Ends SendDue behind the message that is on its way.
  void Stop() { stopping_ = true; }

  // One message, now. Errors: of the transport
  Status Send(const Destination& to, const Message& message);

 private:
  Status SendOne(const std::vector<Destination>& destinations, const Delivery& delivery);

  db::Database& database_;
  catalog::Catalog& catalog_;
  Transport& transport_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace sluice::notify
