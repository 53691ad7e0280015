#include "base/ip_network.h"

#include <algorithm>

#include "base/testing/matchers.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsError;
using testing::IsOkAnd;
using ::testing::Not;

IpAddress Address(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

bool Contains(std::string_view network, std::string_view address) {
  const auto parsed = IpNetwork::Parse(network);
  EXPECT_TRUE(parsed.has_value()) << network;
  return parsed.has_value() && parsed->Contains(Address(address));
}

std::vector<std::string> Texts(std::string_view list) {
  std::vector<std::string> texts;
  const auto networks = ParseIpNetworks(list);
  if (!networks.has_value()) return {"refused: " + networks.error().message};
  for (const IpNetwork& network : *networks) texts.push_back(network.Text());
  return texts;
}

TEST(IpAddress, HasOneShortestForm) {
  EXPECT_EQ(Address("192.168.1.7").Text(), "192.168.1.7");
  EXPECT_EQ(Address("255.255.255.255").Text(), "255.255.255.255");
  EXPECT_EQ(Address("0.0.0.0").Text(), "0.0.0.0");
  EXPECT_EQ(Address("2001:DB8:0:0:0:0:0:1").Text(), "2001:db8::1");
  EXPECT_EQ(Address("::").Text(), "::");
  EXPECT_EQ(Address("::1").Text(), "::1");
}

TEST(IpAddress, AMappedOneIsTheIpv4One) {
  EXPECT_EQ(Address("::ffff:10.0.0.1"), Address("10.0.0.1"));
  EXPECT_EQ(Address("::ffff:a00:1").Text(), "10.0.0.1");
  EXPECT_TRUE(Address("::ffff:10.0.0.1").is_v4());
  EXPECT_NE(Address("::10.0.0.1"), Address("10.0.0.1"));
  EXPECT_FALSE(Address("::10.0.0.1").is_v4());
}

TEST(IpAddress, OnlyTheUnspecifiedOneOfIpv6IsNobodys) {
  EXPECT_TRUE(IpAddress().is_unspecified());
  EXPECT_TRUE(Address("::").is_unspecified());
  EXPECT_FALSE(Address("0.0.0.0").is_unspecified());
}

TEST(IpAddress, WhatIsNoneIsRefused) {
  for (const std::string_view bad :
       {"",         " ",          "localhost", "1.2.3",    "1.2.3.4.5", "256.1.1.1",
        "1.2.3.-4", "01.2.3.4",   "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4",  "1.2.3.4:80",
        "[::1]",    "[::1]:80",   "1::2::3",   ":::",      "12345::",   "::ffff:1.2.3",
        "::1/128",  "2130706433", "1.2.3.4\n"}) {
    EXPECT_THAT(IpAddress::Parse(bad), IsError(Code::kInvalidArgument)) << bad;
  }
  EXPECT_THAT(IpAddress::Parse(std::string_view("1.2.3.4\0x", 9)), IsError(Code::kInvalidArgument));
  EXPECT_THAT(IpAddress::Parse(std::string(1'000'000, '1')), IsError(Code::kInvalidArgument));
}

TEST(IpAddress, AZoneIsRefusedByName) {
  EXPECT_THAT(IpAddress::Parse("fe80::1%eth0"),
              IsError(Code::kInvalidArgument, "has a zone: write the address without it"));
  EXPECT_THAT(IpNetwork::Parse("fe80::%eth0/10"), IsError(Code::kInvalidArgument, "zone"));
}

TEST(IpNetwork, HoldsWhatSharesItsPrefix) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "9.255.255.255"));
  EXPECT_TRUE(Contains("10.0.0.128/25", "10.0.0.128"));
  EXPECT_FALSE(Contains("10.0.0.128/25", "10.0.0.127"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "1.2.3.4"));
  EXPECT_TRUE(Contains("192.168.1.7", "192.168.1.7"));
  EXPECT_FALSE(Contains("192.168.1.7", "192.168.1.6"));
  EXPECT_TRUE(Contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(Contains("2001:db8::/32", "2001:db9::"));
  EXPECT_TRUE(Contains("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(Contains("2001:db8::/64", "2001:db8:0:1::"));
  EXPECT_TRUE(Contains("2001:db8::8000/113", "2001:db8::ffff"));
  EXPECT_FALSE(Contains("2001:db8::8000/113", "2001:db8::7fff"));
}

TEST(IpNetwork, HoldsAddressesOfItsKindOnly) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(Contains("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(Contains("::/0", "10.1.2.3"));
  EXPECT_TRUE(Contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::1"));
}

TEST(IpNetwork, IsWrittenInOneWay) {
  EXPECT_EQ(IpNetwork::Parse("10.0.0.1/32")->Text(), "10.0.0.1");
  EXPECT_EQ(IpNetwork::Parse("::ffff:10.0.0.0/104")->Text(), "10.0.0.0/8");
  EXPECT_EQ(IpNetwork::Parse("2001:DB8:0::/32")->Text(), "2001:db8::/32");
  EXPECT_EQ(IpNetwork::Parse("0.0.0.0/0")->Text(), "0.0.0.0/0");
  EXPECT_EQ(IpNetwork::Parse("::/0")->Text(), "::/0");
}

TEST(IpNetwork, BitsBehindThePrefixAreRefusedWithWhatWouldBeRight) {
  EXPECT_THAT(IpNetwork::Parse("10.0.0.1/8"),
              IsError(Code::kInvalidArgument, "the network is 10.0.0.0/8, the address 10.0.0.1"));
  EXPECT_THAT(IpNetwork::Parse("2001:db8::1/64"),
              IsError(Code::kInvalidArgument, "the network is 2001:db8::/64"));
  EXPECT_THAT(IpNetwork::Parse("2001:db8:0:0:1::/64"), IsError(Code::kInvalidArgument, "bits"));
  EXPECT_THAT(IpNetwork::Parse("1.2.3.4/0"), IsError(Code::kInvalidArgument, "0.0.0.0/0"));
}

TEST(IpNetwork, WhatIsNoneIsRefused) {
  for (const std::string_view bad :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08",
        "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0.*", "10.0.0.0-10.0.0.9", "10.0.0.0 /8",
        "2001:db8::/129", "::ffff:10.0.0.0/95", "::ffff:10.0.0.0/8", "example.com/8",
        "10.0.0.0/4294967304"}) {
    EXPECT_THAT(IpNetwork::Parse(bad), IsError(Code::kInvalidArgument)) << bad;
  }
}

TEST(ParseIpNetworks, TakesListsAsPeopleWriteThem) {
  const auto three = ElementsAre("10.0.0.0/8", "192.168.1.7", "2001:db8::/32");
  EXPECT_THAT(Texts("10.0.0.0/8, 192.168.1.7; 2001:db8::/32"), three);
  EXPECT_THAT(Texts("10.0.0.0/8,192.168.1.7,2001:db8::/32,"), three);
  EXPECT_THAT(Texts("  10.0.0.0/8\t192.168.1.7\r\n2001:db8::/32\n"), three);
  EXPECT_THAT(Texts(R"(["10.0.0.0/8", "192.168.1.7", "2001:db8::/32"])"), three);
  EXPECT_THAT(Texts(" [\"10.0.0.0/8\"] "), ElementsAre("10.0.0.0/8"));
}

TEST(ParseIpNetworks, AnEmptyListIsNoListOfEverybody) {
  for (const std::string_view empty : {"", "  ", ",;,", "[]", " [ ] "}) {
    EXPECT_THAT(ParseIpNetworks(empty), IsError(Code::kInvalidArgument, "names no address"))
        << empty;
  }
  EXPECT_THAT(ParseIpNetworks(std::vector<std::string>()), IsOkAnd(::testing::IsEmpty()));
}

TEST(ParseIpNetworks, OneBadEntryRefusesTheList) {
  EXPECT_THAT(ParseIpNetworks("10.0.0.0/8, our office"),
              IsError(Code::kInvalidArgument, "'our' is not an IP address or network"));
  EXPECT_THAT(ParseIpNetworks("[10.0.0.0/8]"), IsError(Code::kInvalidArgument, "JSON array"));
  EXPECT_THAT(ParseIpNetworks("[1]"), IsError(Code::kInvalidArgument, "not a text"));
  EXPECT_THAT(ParseIpNetworks("[\"10.0.0.0/8, 10.1.1.1\"]"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(ParseIpNetworks("[[\"10.0.0.0/8\"]]"), IsError(Code::kInvalidArgument));
  const auto ugly = ParseIpNetworks("\x1b[31m\xff");
  ASSERT_THAT(ugly, IsError(Code::kInvalidArgument, "?[31m?"));
}

TEST(ParseIpNetworks, HasALimit) {
  std::string list;
  for (int i = 0; i < 100; ++i) list += "10.0.0." + std::to_string(i) + ", ";
  EXPECT_THAT(ParseIpNetworks(list), IsOkAnd(::testing::SizeIs(100)));
  EXPECT_THAT(ParseIpNetworks(list + "10.0.0.100"),
              IsError(Code::kResourceExhausted, "more than 100"));
  EXPECT_THAT(ParseIpNetworks(std::string(20'000, ' ') + "10.0.0.1"),
              IsError(Code::kResourceExhausted));
}

TEST(IpList, DenialsGoFirstAndNothingAllowedIsEverybody) {
  const IpList everybody;
  EXPECT_TRUE(everybody.Allows(Address("8.8.8.8")));
  const IpList offices{*ParseIpNetworks("10.0.0.0/8 2001:db8::/32"), *ParseIpNetworks("10.6.6.6")};
  EXPECT_TRUE(offices.Allows(Address("10.6.6.5")));
  EXPECT_TRUE(offices.Allows(Address("::ffff:10.6.6.5")));
  EXPECT_TRUE(offices.Allows(Address("2001:db8::6")));
  EXPECT_FALSE(offices.Allows(Address("10.6.6.6")));
  EXPECT_FALSE(offices.Allows(Address("::ffff:10.6.6.6")));
  EXPECT_FALSE(offices.Allows(Address("8.8.8.8")));
  const IpList all_but{{}, *ParseIpNetworks("6.6.6.0/24")};
  EXPECT_TRUE(all_but.Allows(Address("8.8.8.8")));
  EXPECT_FALSE(all_but.Allows(Address("6.6.6.6")));
}

TEST(IpList, AnAddressThatIsNotKnownPassesOnlyWhereNothingIsSaid) {
  EXPECT_TRUE(IpList().Allows(IpAddress()));
  EXPECT_FALSE((IpList{*ParseIpNetworks("::/0"), {}}).Allows(IpAddress()));
  EXPECT_FALSE((IpList{{}, *ParseIpNetworks("6.6.6.6")}).Allows(IpAddress()));
}

}  // namespace
}  // namespace sluice
