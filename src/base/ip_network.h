// base/ip_network.h -- addresses of the internet, networks of them, and lists of who may come in.
//
// An IPv4 address and the same one written as IPv6 (::ffff:10.0.0.1) are one address. A network
// holds addresses of its own kind only: ::/0 is all of IPv6 and nothing of IPv4.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice {

class IpAddress {
 public:
  // The unspecified address "::", which no peer has: an address that is not known.
  IpAddress() = default;
  // "192.168.1.7", "2001:db8::1"; no port, no brackets, no zone ("%eth0"), which only means
  // something on the machine that wrote it.
  // Errors: kInvalidArgument
  static Result<IpAddress> Parse(std::string_view text);

  bool is_v4() const { return high_ == 0 && (low_ >> 32U) == 0xffff; }
  bool is_unspecified() const { return high_ == 0 && low_ == 0; }
  // In the shortest form; what Parse takes.
  std::string Text() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  friend class IpNetwork;
  // 128 bits in the order of the net, IPv4 as ::ffff:0:0/96 (RFC 4291 §2.5.5.2).
  uint64_t high_ = 0;
  uint64_t low_ = 0;
};

class IpNetwork {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or an address, which is a network of one.
  // Errors: kInvalidArgument  not one of these, or bits are set behind the prefix (10.0.0.1/8): the
  // message says what would be right
  static Result<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const {
    return (address.high_ & mask_.high_) == first_.high_ &&
           (address.low_ & mask_.low_) == first_.low_ && address.is_v4() == first_.is_v4();
  }
  // As Parse takes it; a network of one without its prefix.
  std::string Text() const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpAddress first_;
  IpAddress mask_;
  unsigned prefix_ = 0;  // as people write it: at most 32 for IPv4
};

// The most entries of a list of networks.
inline constexpr size_t kMostNetworks = 100;

// A list as people write it into one text: "10.0.0.0/8, 192.168.1.7; 2001:db8::/32", parted by
// commas, semicolons or white space, or as the text of a JSON array. Names at least one network,
// since an empty list of who may come in would let everybody in.
// Errors: kInvalidArgument    an entry is none; no entry at all
//         kResourceExhausted  more than kMostNetworks entries
Result<std::vector<IpNetwork>> ParseIpNetworks(std::string_view text);
// The same of entries that stand apart already; none of them is none.
Result<std::vector<IpNetwork>> ParseIpNetworks(const std::vector<std::string>& entries);

bool ContainsAddress(const std::vector<IpNetwork>& networks, const IpAddress& address);

// Who may come in. What is denied goes before what is allowed; nothing allowed means everybody. An
// unspecified address is nobody's and passes only where nothing is said.
struct IpList {
  std::vector<IpNetwork> allowed;
  std::vector<IpNetwork> denied;

  // A walk over both lists: a tenth of a microsecond when both are full.
  bool Allows(const IpAddress& address) const;
  friend bool operator==(const IpList&, const IpList&) = default;
};

}  // namespace sluice
