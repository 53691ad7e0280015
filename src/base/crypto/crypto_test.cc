#include "base/crypto/crypto.h"

#include "base/encoding.h"
#include "base/testing/matchers.h"

namespace sluice::crypto {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;

TEST(Crypto, Sha256OfTheStandardsExample) {
  // FIPS 180-4 example "abc".
  EXPECT_EQ(Hex(View(Sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Crypto, HmacOfRfc4231Vectors) {
  Hmac one(std::string(20, '\x0b'));
  EXPECT_EQ(Hex(View(one.Sign("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  Hmac two("Jefe");
  EXPECT_EQ(Hex(View(two.Sign("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // A key longer than a block is hashed first.
  Hmac long_key(std::string(131, '\xaa'));
  EXPECT_EQ(Hex(View(long_key.Sign("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Crypto, HmacCanBeUsedAgainAndCopied) {
  Hmac mac("key");
  const Digest first = mac.Sign("a");
  mac.Sign("b");
  EXPECT_EQ(mac.Sign("a"), first);
  Hmac copy = mac;
  EXPECT_EQ(copy.Sign("a"), first);
}

TEST(Crypto, HmacAfterAPrefixSignsBoth) {
  const std::string text(200, 't');
  Hmac mac("key");
  for (size_t i = 0; i <= text.size(); ++i) {
    Hmac after = mac.After(std::string_view(text).substr(0, i));
    EXPECT_EQ(after.Sign(std::string_view(text).substr(i)), mac.Sign(text)) << i;
    EXPECT_EQ(after.Sign(std::string_view(text).substr(i)), mac.Sign(text)) << "again";
  }
}

TEST(Crypto, AStreamHashesPiecesAsTheWhole) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i);
  for (size_t i = 0; i <= text.size(); ++i) {
    Sha256Stream begun;
    begun.Add(std::string_view(text).substr(0, i));
    Sha256Stream one = begun;
    Sha256Stream two = begun;
    EXPECT_EQ(one.Add(std::string_view(text).substr(i)).Finish(), Sha256(text)) << i;
    EXPECT_EQ(two.Finish(), Sha256(std::string_view(text).substr(0, i))) << i;
  }
}

TEST(Crypto, WipeLeavesNothingInTheMemory) {
  for (const size_t length : {5U, 500U}) {
    std::string secret(length, 's');
    const char* memory = secret.data();
    secret.resize(3);  // what lies behind the end goes too
    Wipe(secret);
    EXPECT_TRUE(secret.empty());
    EXPECT_EQ(secret.data(), memory);
    EXPECT_EQ(std::string(memory, length), std::string(length, '\0'));
  }
}

TEST(Crypto, HkdfDependsOnKeyAndLabel) {
  // RFC 5869 test case 3: empty salt and info.
  EXPECT_EQ(Hex(Hkdf(std::string(22, '\x0b'), "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            "9d201395faa4b61a96c8");
  EXPECT_NE(Hkdf("key", "link"), Hkdf("key", "page"));
  EXPECT_NE(Hkdf("key", "link"), Hkdf("yek", "link"));
}

TEST(Crypto, SealedTextOpensOnlyUnalteredAndInItsContext) {
  SecureRandom random;
  const std::string key = Hkdf("master", "page token");
  const std::string sealed = Seal(key, "plain text", "table 1", random);
  EXPECT_EQ(sealed.find("plain"), std::string::npos);
  EXPECT_NE(sealed, Seal(key, "plain text", "table 1", random));
  EXPECT_THAT(Open(key, sealed, "table 1"), IsOkAnd(std::string("plain text")));
  EXPECT_THAT(Open(key, sealed, "table 2"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Open(Hkdf("other", "page token"), sealed, "table 1"),
              IsError(Code::kInvalidArgument));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_THAT(Open(key, altered, "table 1"), IsError(Code::kInvalidArgument)) << i;
    EXPECT_THAT(Open(key, sealed.substr(0, i), "table 1"), IsError(Code::kInvalidArgument)) << i;
  }
}

TEST(Crypto, ConstantTimeEqualsComparesAllBytes) {
  EXPECT_TRUE(ConstantTimeEquals("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "ab"));
  EXPECT_TRUE(ConstantTimeEquals("", ""));
}

TEST(Crypto, UuidV5OfTheStandardsExample) {
  // RFC 9562 appendix A.4: "www.example.com" in the DNS namespace.
  constexpr std::array<unsigned char, 16> kDns = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                                  0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
  EXPECT_EQ(UuidV5(kDns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

}  // namespace
}  // namespace sluice::crypto
