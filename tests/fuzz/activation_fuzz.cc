// Activation links as people paste them and forms as browsers send them: a nonce is found where one
// is and nowhere else, and what is no link opens nothing.
#include "base/encoding.h"
#include "base/testing/manual_clock.h"
#include "catalog/activation.h"
#include "catalog/recipients.h"
#include "catalog/testing/memory_store.h"
#include "fuzz.h"
#include "sharing/activation_page.h"

using sluice::Code;
using sluice::catalog::Catalog;
using sluice::fuzz::Require;

namespace {

// A catalog of one recipient, whose link is `nonce`.
struct OneRecipient {
  OneRecipient() {
    const auto recipient = sluice::catalog::CreateRecipient(*catalog, {}, {.name = "acme"});
    Require(recipient.has_value());
    const auto& tokens = (*recipient)->As<sluice::catalog::Recipient>().tokens;
    nonce = sluice::catalog::NonceOfToken(*catalog, tokens.at(0)).value();
  }

  sluice::testing::ManualClock clock{sluice::FromUnixMillis(1'700'000'000'000)};
  sluice::SecureRandom random;
  sluice::catalog::testing::MemoryStore store;
  std::unique_ptr<Catalog> catalog =
      std::move(Catalog::Open(store, clock, random, std::string(32, 'k')).value());
  std::string nonce;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static OneRecipient one;
  const std::string_view bytes = sluice::fuzz::View(data, size);

  const std::string_view found = sluice::catalog::NonceOfLink(bytes);
  Require(found.empty() || (found.size() == 43 && bytes.ends_with(found)));
  Require(sluice::catalog::NonceOfLink(found) == found);
  // What is put before a good nonce, with a '/' between, does not hide it.
  const std::string link = std::string(bytes) + "/" + one.nonce;
  Require(sluice::catalog::NonceOfLink(link) == one.nonce);

  for (const std::string_view nonce : {bytes, found}) {
    const auto info = sluice::catalog::ActivationInfo(*one.catalog, nonce, {});
    Require(!info.has_value() && info.error().code == Code::kNotFound);
    const auto minted = sluice::catalog::Activate(*one.catalog, nonce, {});
    Require(!minted.has_value() && minted.error().code == Code::kNotFound);
  }
  Require(sluice::catalog::ActivationInfo(*one.catalog, one.nonce, {})->state ==
          sluice::catalog::Activation::State::kReady);

  // Any form is one of ours, or asks for a file.
  using sluice::sharing::AskedDelivery;
  using sluice::sharing::Delivery;
  const bool page = AskedDelivery(bytes) == Delivery::kPage;
  Require(!page || bytes.find('=') != std::string_view::npos);
  Require(AskedDelivery("as=page") == Delivery::kPage);
  return 0;
}
