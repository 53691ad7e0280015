// storage/s3/credentials.h -- the keys of an S3 store, and keeping them fresh.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::storage {

// Never printed, never in an Error. Wiped when they go.
struct Credentials {
  std::string access_key_id;  // empty: anonymous, requests are not signed
  std::string secret_access_key;
  std::string session_token;         // empty: none
  std::optional<TimePoint> expires;  // nothing: they last

  Credentials() = default;
  Credentials(const Credentials&) = default;
  Credentials& operator=(const Credentials&) = default;
  ~Credentials();
  bool anonymous() const { return access_key_id.empty(); }
};

// Where credentials come from: one of the ways in S3CredentialOptions. One thread at a time.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // For logs: "environment", "instance metadata", "role arn:aws:iam::…:role/x by profile y".
  virtual std::string name() const = 0;
  // Errors: kPermissionDenied  there are none, or the service refuses; the message says what to set
  //         kUnavailable       the service that gives them does not answer
  virtual Result<Credentials> Fetch() = 0;
};

// Holds the credentials of one store and fetches new ones before they end: from `refresh_before`
// on, by one caller, while the others go on with the old ones. When nothing is left, callers wait
// for the one who fetches. Thread-safe.
class CredentialCache {
 public:
  // `clock` must outlive the cache.
  CredentialCache(std::unique_ptr<CredentialSource> source, const Clock& clock,
                  Millis refresh_before = std::chrono::minutes(5));

  // Good for a minute at least, if the source can give that. A failure is remembered for a second,
  // so that a source in trouble is not asked by every request; for ten while the old credentials
  // still serve. When the source gives the same once more, the pointer stays the same too.
  // Errors: as CredentialSource::Fetch; kUnavailable  what the source gives has ended already
  Result<std::shared_ptr<const Credentials>> Current();
  // The store refused `refused` although it should be good: the next Current() fetches anew, unless
  // somebody has done so since, or it was done in the last ten seconds. True: a try is worth while.
  bool Refused(const std::shared_ptr<const Credentials>& refused);

 private:
  using Pointer = std::shared_ptr<const Credentials>;

  // With `mutex_` held.
  bool LastFor(Millis span, TimePoint now) const;
  bool ShallAsk(TimePoint now) const;
  Result<Pointer> Best(TimePoint now) const;
  // Asks the source without holding `lock`, and wakes those who wait.
  void FetchNow(std::unique_lock<std::mutex>& lock);
  void Keep(const Result<Credentials>& fetched);

  const std::unique_ptr<CredentialSource> source_;
  const Clock& clock_;
  const Millis refresh_before_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Pointer current_;
  bool refused_ = false;  // by the store: `current_` serves no longer
  bool fetching_ = false;
  std::optional<Error> failure_;
  TimePoint failed_at_{};
  TimePoint fetched_at_{};  // the last success
};

}  // namespace sluice::storage
