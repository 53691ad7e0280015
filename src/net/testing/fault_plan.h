// net/testing/fault_plan.h -- which faults a proxy does to which request.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::net::testing {

enum class Fault {
  kNone,
  // The connection. "After" and later, the request has taken effect.
  kCutBeforeRequest,  // reset; the upstream sees nothing
  kCutAfterRequest,   // reset in place of the answer
  kCutInHead,         // closed in the middle of the answer's head
  kCutInBody,         // reset in the middle of the body
  kTruncatedBody,     // closed in the middle of the body
  kGarbage,           // the answer is no HTTP
  kDelay,             // a random wait up to FaultPlan::delay, then the answer
  kDrip,              // the answer in small pieces, over FaultPlan::delay
  // Statuses. 500 and 502 come after the request has taken effect, the others in its place.
  kAccessDenied,        // 403
  kExpiredToken,        // 403 (S3 says 400; its relatives say either)
  kTimeSkewed,          // 403 RequestTimeTooSkewed
  kTooManyRequests,     // 429
  kInternalError,       // 500
  kBadGateway,          // 502 with HTML
  kSlowDown,            // 503
  kSlowDownRetryAfter,  // 503 with Retry-After: 1
  kMoved,               // 301 to nowhere
  kRedirected,          // 307 to nowhere
  // Answers that look sound: no framing tells. Writes have taken effect.
  kLongBody,     // more bytes than Content-Length follow; the body itself is right
  kWrongLength,  // Content-Length is half the body's: a client sees half
  kFlippedByte,  // one bit of the body is another
  kEmpty200,     // 200, nothing in it
  kErrorIn200,   // 200 with the XML of an error
};
inline constexpr size_t kFaultKinds = static_cast<size_t>(Fault::kErrorIn200) + 1;

// The client is told something wrong by an answer that is sound HTTP.
inline bool IsSilent(Fault fault) { return fault >= Fault::kWrongLength; }

// The store says no, and repeating does not help.
inline bool IsRefusal(Fault fault) {
  return fault == Fault::kAccessDenied || fault == Fault::kExpiredToken ||
         fault == Fault::kTimeSkewed || fault == Fault::kMoved || fault == Fault::kRedirected;
}

inline std::string_view FaultName(Fault fault) {
  constexpr std::array<std::string_view, kFaultKinds> kNames = {"none",
                                                                "cut before the request",
                                                                "cut after the request",
                                                                "cut in the head",
                                                                "cut in the body",
                                                                "truncated body",
                                                                "garbage",
                                                                "delay",
                                                                "drip",
                                                                "403 AccessDenied",
                                                                "403 ExpiredToken",
                                                                "403 RequestTimeTooSkewed",
                                                                "429",
                                                                "500",
                                                                "502",
                                                                "503 SlowDown",
                                                                "503 with Retry-After",
                                                                "301",
                                                                "307",
                                                                "long body",
                                                                "wrong length",
                                                                "flipped bit",
                                                                "empty 200",
                                                                "error in a 200"};
  return kNames[static_cast<size_t>(fault)];
}

// All kinds, or those that a client notices without looking into the answer.
inline std::vector<Fault> AllFaults(bool silent_too = true) {
  std::vector<Fault> kinds;
  for (size_t i = 1; i < kFaultKinds; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (silent_too || !IsSilent(fault)) kinds.push_back(fault);
  }
  return kinds;
}

struct FaultPlan {
  uint64_t seed = 0;
  double probability = 0;      // of a fault, for each request
  std::vector<Fault> kinds{};  // equally likely; empty: all
  std::chrono::milliseconds delay{20};
  // False: no byte of an S3 listing is flipped, since over plain HTTP nothing can tell.
  bool flips_listings = true;
};

// Numbers out of a seed, the same everywhere (splitmix64).
class FaultDice {
 public:
  explicit FaultDice(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  // In [0, end); 0 where end is 0.
  size_t Below(size_t end) { return end == 0 ? 0 : static_cast<size_t>(Next() % end); }
  double Share() { return static_cast<double>(Next() >> 11U) * 0x1p-53; }

 private:
  uint64_t state_;
};

// Decides by the seed, the request's first line and Range, and how often these came before: so a
// run repeats itself although its requests come in another order. One thread at a time.
class FaultDecider {
 public:
  explicit FaultDecider(FaultPlan plan) : plan_(std::move(plan)) {
    if (plan_.kinds.empty()) plan_.kinds = AllFaults();
  }

  struct Decision {
    Fault fault = Fault::kNone;
    FaultDice dice{0};  // for the particulars
  };
  Decision Decide(const std::string& request) {
    uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
    for (const char c : request) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    const uint64_t nth = seen_[request]++;
    FaultDice mix(plan_.seed ^ FaultDice(hash + nth).Next());
    Decision decision;
    if (mix.Share() < plan_.probability)
      decision.fault = plan_.kinds[mix.Below(plan_.kinds.size())];
    const bool spared = !plan_.flips_listings && request.find("list-type=") != std::string::npos;
    if (decision.fault == Fault::kFlippedByte && spared) decision.fault = Fault::kNone;
    decision.dice = FaultDice(mix.Next());
    return decision;
  }
  const FaultPlan& plan() const { return plan_; }

 private:
  FaultPlan plan_;
  std::map<std::string, uint64_t> seen_;
};

// The answer that stands in for the upstream's; empty: there is none for this fault.
inline std::string CannedAnswer(Fault fault, bool with_body) {
  const auto answer = [&](std::string_view status, std::string_view fields, std::string_view type,
                          std::string_view body) {
    std::string text = "HTTP/1.1 ";
    text.append(status).append("\r\n").append(fields);
    text.append("x-amz-request-id: FAULT\r\nContent-Type: ").append(type);
    text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    return with_body ? text.append(body) : text;
  };
  const auto s3 = [&](std::string_view status, std::string_view code,
                      std::string_view fields = {}) {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>";
    xml.append(code).append("</Code><Message>injected</Message><RequestId>FAULT</RequestId>");
    return answer(status, fields, "application/xml", xml.append("</Error>"));
  };
  constexpr std::string_view kNowhere = "Location: http://127.0.0.1:1/nowhere\r\n";
  switch (fault) {
    case Fault::kAccessDenied: return s3("403 Forbidden", "AccessDenied");
    case Fault::kExpiredToken: return s3("403 Forbidden", "ExpiredToken");
    case Fault::kTimeSkewed: return s3("403 Forbidden", "RequestTimeTooSkewed");
    case Fault::kTooManyRequests: return s3("429 Too Many Requests", "TooManyRequests");
    case Fault::kInternalError: return s3("500 Internal Server Error", "InternalError");
    case Fault::kSlowDown: return s3("503 Slow Down", "SlowDown");
    case Fault::kSlowDownRetryAfter: return s3("503 Slow Down", "SlowDown", "Retry-After: 1\r\n");
    case Fault::kMoved: return s3("301 Moved Permanently", "PermanentRedirect", kNowhere);
    case Fault::kRedirected: return s3("307 Temporary Redirect", "TemporaryRedirect", kNowhere);
    case Fault::kErrorIn200: return s3("200 OK", "InternalError");
    case Fault::kEmpty200: return answer("200 OK", {}, "application/xml", {});
    case Fault::kBadGateway:
      return answer("502 Bad Gateway", {}, "text/html", "<html><h1>502 Bad Gateway</h1></html>");
    default: return {};
  }
}

}  // namespace sluice::net::testing
