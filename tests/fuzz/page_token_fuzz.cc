// Page tokens and query ids: a forged one opens nothing; the content of one is unpacked without
// trust.
#include "sharing/page_token.h"

#include "fuzz.h"

using sluice::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = sluice::fuzz::View(data, size);
  static sluice::SystemClock clock;
  static sluice::SecureRandom random;
  static const sluice::sharing::TokenSealer sealer("0123456789abcdef0123456789abcdef", random,
                                                   clock);
  const sluice::sharing::TokenScope scope{
      .operation = "QueryTable", .principal = "p", .object = "o"};

  Require(!sealer.Open(scope, bytes).has_value());
  const auto content = sealer.Open(scope, sealer.Seal(scope, bytes, std::chrono::hours(1)));
  Require(content.has_value() && *content == bytes);

  if (const auto page = sluice::sharing::UnpackQueryPage(bytes)) {
    const auto again = sluice::sharing::UnpackQueryPage(sluice::sharing::PackQueryPage(*page));
    Require(again.has_value() && again->version == page->version &&
            again->request == page->request);
  }
  if (const auto query = sluice::sharing::UnpackAsyncQuery(bytes)) {
    const auto again = sluice::sharing::UnpackAsyncQuery(sluice::sharing::PackAsyncQuery(*query));
    Require(again.has_value() && again->version == query->version && again->key == query->key &&
            again->request == query->request && again->asked == query->asked);
  }
  return 0;
}
