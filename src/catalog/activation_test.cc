#include "catalog/activation.h"

#include <latch>
#include <thread>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/recipients.h"
#include "catalog/testing/memory_store.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;

constexpr std::string_view kNonce = "AbcdefghijklmnopqrstuvwxyZ0123456789-_abcde";

class ActivationTest : public ::testing::Test {
 protected:
  // The nonce of a new recipient, which nobody opened.
  std::string NewLink(NewRecipient recipient) {
    const auto made = CreateRecipient(*catalog_, {}, std::move(recipient));
    return *NonceOfToken(*catalog_, (*made)->As<Recipient>().tokens[0]);
  }

  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  testing::MemoryStore store_;
  std::unique_ptr<Catalog> catalog_ = *Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
};

TEST(NonceOfLink, FindsTheNonceInWhatPeoplePaste) {
  const std::string nonce(kNonce);
  for (const std::string& link :
       {nonce, "/" + nonce, "https://x.example/activate/" + nonce, "x?" + nonce,
        "https://x.example/delta_sharing/retrieve_config.html?" + nonce}) {
    EXPECT_EQ(NonceOfLink(link), kNonce) << link;
  }
  for (const std::string& bad :
       {std::string(), std::string("/"), nonce + "/", nonce + "x", nonce.substr(1), nonce + "?",
        nonce.substr(1) + "=", nonce.substr(1) + " ", nonce.substr(1) + "+", "x" + nonce,
        std::string(100'000, '/'), std::string(43, '\0')}) {
    EXPECT_EQ(NonceOfLink(bad), "") << bad.substr(0, 100);
  }
}

TEST_F(ActivationTest, WhoComesFromElsewhereNeitherLooksNorOpens) {
  const std::string nonce =
      NewLink({.name = "acme", .allowed_ip_addresses = {"10.0.0.0/8", "2001:db8::/32"}});
  for (const char* outside : {"11.0.0.1", "2001:db9::1"}) {
    const IpAddress from = *IpAddress::Parse(outside);
    EXPECT_THAT(ActivationInfo(*catalog_, nonce, from), IsError(Code::kPermissionDenied));
    EXPECT_THAT(Activate(*catalog_, nonce, from), IsError(Code::kPermissionDenied));
  }
  EXPECT_THAT(Activate(*catalog_, nonce, {}), IsError(Code::kPermissionDenied));
  EXPECT_THAT(Activate(*catalog_, nonce, *IpAddress::Parse("2001:db8::1")), IsOk());
}

TEST_F(ActivationTest, OfManyWhoOpenALinkAtOnceOneGetsTheToken) {
  const std::string nonce = NewLink({.name = "acme"});
  constexpr int kThreads = 8;
  std::latch start(kThreads);
  std::atomic<int> opened = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        const auto minted = Activate(*catalog_, nonce, {});
        if (minted) ++opened;
        if (!minted && minted.error().code == Code::kNotFound) ++refused;
      });
    }
  }
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(refused, kThreads - 1);
}

// Both have seen the link ready before either changed anything.
TEST_F(ActivationTest, TheChangeItselfLooksAgain) {
  const std::string nonce = NewLink({.name = "acme"});
  bool inner = false;
  std::string first;
  class Between final : public Random {
   public:
    explicit Between(std::function<void()> run) : run_(std::move(run)) {}
    void Fill(std::span<unsigned char> out) override { random_.Fill(out), run_(); }

   private:
    std::function<void()> run_;
    SecureRandom random_;
  };
  // Another process opens the link while this one is about to write.
  Between random([&] {
    if (std::exchange(inner, false)) {
      const auto other = Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
      first = Activate(**other, nonce, {})->token;
    }
  });
  const auto slow = Catalog::Open(store_, clock_, random, std::string(32, 'k'));
  inner = true;
  EXPECT_THAT(Activate(**slow, nonce, {}), IsError(Code::kNotFound, "was used already"));
  EXPECT_TRUE((*slow)->Now()->FindRecipientToken(crypto::Sha256(first)));
}

TEST_F(ActivationTest, AnotherKeyShowsNoLinkButTheLinkStillOpens) {
  const std::string nonce = NewLink({.name = "acme"});
  const auto other = Catalog::Open(store_, clock_, random_, std::string(32, 'x'));
  const auto recipient = FindRecipient(**other, {}, "acme");
  EXPECT_EQ(NonceOfToken(**other, (*recipient)->As<Recipient>().tokens[0]), std::nullopt);
  EXPECT_THAT(Activate(**other, nonce, {}), IsOk());
}

}  // namespace
}  // namespace sluice::catalog
