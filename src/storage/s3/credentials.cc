#include "storage/s3/credentials.h"

#include <utility>

#include "base/crypto/crypto.h"
#include "base/log.h"

namespace sluice::storage {
namespace {

constexpr Millis kGoodFor = std::chrono::minutes(1);
constexpr Millis kFailureLasts = std::chrono::seconds(1);
constexpr Millis kPatience = std::chrono::seconds(10);

// False for times to come: a clock that is set back ends no wait late.
bool Within(Millis span, TimePoint since, TimePoint now) {
  return now >= since && now - since < span;
}

bool Same(const Credentials& a, const Credentials& b) {
  return a.access_key_id == b.access_key_id && a.session_token == b.session_token &&
         a.expires == b.expires &&
         crypto::ConstantTimeEquals(a.secret_access_key, b.secret_access_key);
}

}  // namespace

Credentials::~Credentials() {
  crypto::Wipe(secret_access_key);
  crypto::Wipe(session_token);
}

CredentialCache::CredentialCache(std::unique_ptr<CredentialSource> source, const Clock& clock,
                                 Millis refresh_before)
    : source_(std::move(source)), clock_(clock), refresh_before_(refresh_before) {}

bool CredentialCache::LastFor(Millis span, TimePoint now) const {
  return current_ != nullptr && !refused_ &&
         (!current_->expires.has_value() || *current_->expires - now > span);
}

bool CredentialCache::ShallAsk(TimePoint now) const {
  if (LastFor(refresh_before_, now)) return false;
  const bool serve = LastFor(kGoodFor, now);
  if (failure_.has_value()) return !Within(serve ? kPatience : kFailureLasts, failed_at_, now);
  // Some sources hand out what they have until shortly before its end.
  const bool gave_what_it_has = LastFor(Millis(0), now) && Within(kPatience, fetched_at_, now);
  return !gave_what_it_has;
}

Result<CredentialCache::Pointer> CredentialCache::Best(TimePoint now) const {
  if (LastFor(Millis(0), now)) return current_;
  if (failure_.has_value()) return std::unexpected(*failure_);
  return Fail(Code::kUnavailable, "the credentials for the store have ended",
              "they ended before they were used");
}

Result<std::shared_ptr<const Credentials>> CredentialCache::Current() {
  std::unique_lock lock(mutex_);
  const TimePoint now = clock_.Now();
  if (!ShallAsk(now)) return Best(now);
  if (!fetching_) {
    FetchNow(lock);
  } else if (!LastFor(kGoodFor, now)) {
    changed_.wait(lock, [this] { return !fetching_; });
  }
  return Best(clock_.Now());
}

void CredentialCache::FetchNow(std::unique_lock<std::mutex>& lock) {
  // Ends the turn on every way out: those who wait have no other way to go on.
  struct Turn {
    CredentialCache& cache;
    std::unique_lock<std::mutex>& lock;
    ~Turn() {
      if (!lock.owns_lock()) lock.lock();
      cache.fetching_ = false;
      cache.changed_.notify_all();
    }
  };
  fetching_ = true;
  const Turn turn{.cache = *this, .lock = lock};
  lock.unlock();
  const Result<Credentials> fetched = source_->Fetch();
  lock.lock();
  Keep(fetched);
}

void CredentialCache::Keep(const Result<Credentials>& fetched) {
  const TimePoint now = clock_.Now();
  failure_.reset();
  if (!fetched.has_value()) {
    failure_ = fetched.error();
  } else if (fetched->expires.has_value() && *fetched->expires <= now) {
    failure_ = Error{Code::kUnavailable,
                     "the credentials for the store have ended",
                     source_->name() + ": gives credentials that have ended; is the clock right?",
                     {}};
  }
  if (failure_.has_value()) {
    failed_at_ = now;
    if (LastFor(Millis(0), now)) {
      log::Warn("new credentials cannot be had from {}, the old ones go on: {} [{}]",
                source_->name(), failure_->message, failure_->detail);
    }
    return;
  }
  if (current_ == nullptr || !Same(*current_, *fetched)) {
    current_ = std::make_shared<const Credentials>(*fetched);
  }
  refused_ = false;
  fetched_at_ = now;
}

bool CredentialCache::Refused(const std::shared_ptr<const Credentials>& refused) {
  const std::lock_guard lock(mutex_);
  if (current_ != refused || refused_) return true;
  if (Within(kPatience, fetched_at_, clock_.Now())) return false;
  refused_ = true;
  return true;
}

}  // namespace sluice::storage
