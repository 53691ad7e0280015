#include "base/ip_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>

#include "base/json.h"

namespace sluice {
namespace {

using Octets = std::array<unsigned char, 16>;

// The longest address is 45 characters, a network 49.
constexpr size_t kLongestEntry = 64;
constexpr ByteCount kLongestList = KiB(16);
constexpr std::string_view kSeparators = ",; \t\r\n";

uint64_t ReadBigEndian(std::span<const unsigned char> bytes) {
  uint64_t value = 0;
  for (const unsigned char byte : bytes) value = (value << 8U) | byte;
  return value;
}

void WriteBigEndian(uint64_t value, std::span<unsigned char> bytes) {
  for (auto at = bytes.rbegin(); at != bytes.rend(); ++at, value >>= 8U) {
    *at = static_cast<unsigned char>(value & 0xffU);
  }
}

// What may be shown of text that is none of ours: printable ASCII, and not too much of it.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kLongestEntry));
  std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  if (text.size() > kLongestEntry) shown += "...";
  return shown;
}

std::unexpected<Error> Invalid(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

// Null: not an address.
std::optional<Octets> ReadOctets(std::string_view text) {
  if (text.size() > kLongestEntry || text.find('\0') != std::string_view::npos) return {};
  const std::string terminated(text);
  Octets octets{};
  if (::inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) return octets;
  if (::inet_pton(AF_INET, terminated.c_str(), octets.data() + 12) != 1) return {};
  octets[10] = octets[11] = 0xff;
  return octets;
}

// Ones for the first `bits` of 64.
uint64_t Ones(unsigned bits) { return bits == 0 ? 0 : ~uint64_t{0} << (64U - std::min(bits, 64U)); }

std::optional<unsigned> ReadPrefix(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || end != text.data() + text.size() || leading_zero) return {};
  return value <= most ? std::optional(value) : std::nullopt;
}

std::unexpected<Error> TooMany() {
  return Fail(Code::kResourceExhausted,
              fmt::format("the list has more than {} addresses and networks", kMostNetworks));
}

Result<std::vector<std::string>> EntriesOfJson(std::string_view text) {
  const auto array = json::Parse(text, {.size = kLongestList, .depth = 2});
  std::vector<std::string> entries;
  if (!array.has_value() || !array->is_array()) {
    return Invalid("the list begins with '[' but is not a JSON array of texts");
  }
  for (const json::Value& entry : array->get_array()) {
    if (!entry.is_string()) return Invalid("an entry of the JSON array is not a text");
    entries.emplace_back(entry.get_string());
  }
  return entries;
}

std::vector<std::string> EntriesOfText(std::string_view text) {
  std::vector<std::string> entries;
  while (entries.size() <= kMostNetworks) {
    text.remove_prefix(std::min(text.find_first_not_of(kSeparators), text.size()));
    if (text.empty()) break;
    const size_t end = std::min(text.find_first_of(kSeparators), text.size());
    entries.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return entries;
}

}  // namespace

Result<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::optional<Octets> octets = ReadOctets(text);
  if (!octets && text.find('%') != std::string_view::npos) {
    return Invalid(fmt::format("'{}' has a zone: write the address without it", Shown(text)));
  }
  if (!octets) {
    return Invalid(
        fmt::format("'{}' is not an IP address like 192.168.1.7 or 2001:db8::1", Shown(text)));
  }
  IpAddress address;
  address.high_ = ReadBigEndian(std::span(*octets).first<8>());
  address.low_ = ReadBigEndian(std::span(*octets).last<8>());
  return address;
}

std::string IpAddress::Text() const {
  Octets octets{};
  WriteBigEndian(high_, std::span(octets).first<8>());
  WriteBigEndian(low_, std::span(octets).last<8>());
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, octets.data() + (v4 ? 12 : 0), text.data(), text.size());
  return text.data();
}

Result<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address && address.error().message.find("zone") != std::string::npos) {
    return std::unexpected(address.error());
  }
  if (!address) {
    return Invalid(fmt::format(
        "'{}' is not an IP address or network like 192.168.1.7, 10.0.0.0/8 or 2001:db8::/32",
        Shown(text)));
  }
  const unsigned bits = address->is_v4() ? 32 : 128;
  IpNetwork network;
  network.prefix_ = bits;
  if (slash != std::string_view::npos) {
    // Of ::ffff:10.0.0.0/104, too, the last 8 bits of the prefix are those of the IPv4 address.
    const bool as_v6 = text.substr(0, slash).find(':') != std::string_view::npos;
    const unsigned before = as_v6 ? 128 - bits : 0;
    const auto prefix = ReadPrefix(text.substr(slash + 1), before + bits);
    if (!prefix || *prefix < before) {
      return Invalid(fmt::format("'{}': behind the '/' must be a number from {} to {}", Shown(text),
                                 before, before + bits));
    }
    network.prefix_ = *prefix - before;
  }
  const unsigned ones = network.prefix_ + 128 - bits;
  network.mask_.high_ = Ones(ones);
  network.mask_.low_ = ones > 64 ? Ones(ones - 64) : 0;
  network.first_.high_ = address->high_ & network.mask_.high_;
  network.first_.low_ = address->low_ & network.mask_.low_;
  if (network.first_ != *address) {
    return Invalid(
        fmt::format("'{}' has bits set behind its prefix: the network is {}, the address {}",
                    Shown(text), network.Text(), address->Text()));
  }
  return network;
}

std::string IpNetwork::Text() const {
  const unsigned bits = first_.is_v4() ? 32 : 128;
  return prefix_ == bits ? first_.Text() : fmt::format("{}/{}", first_.Text(), prefix_);
}

Result<std::vector<IpNetwork>> ParseIpNetworks(const std::vector<std::string>& entries) {
  if (entries.size() > kMostNetworks) return TooMany();
  std::vector<IpNetwork> networks;
  networks.reserve(entries.size());
  for (const std::string& entry : entries) {
    const IpNetwork network = TRY(IpNetwork::Parse(entry));
    networks.push_back(network);
  }
  return networks;
}

Result<std::vector<IpNetwork>> ParseIpNetworks(std::string_view text) {
  if (text.size() > kLongestList.value) return TooMany();
  const size_t begin = text.find_first_not_of(kSeparators);
  if (begin == std::string_view::npos) return Invalid("the list names no address and no network");
  std::vector<std::string> entries;
  if (text[begin] == '[') {
    entries = TRY(EntriesOfJson(text));
    if (entries.empty()) return Invalid("the list names no address and no network");
  } else {
    entries = EntriesOfText(text);
  }
  return ParseIpNetworks(entries);
}

bool ContainsAddress(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::ranges::any_of(networks,
                             [&](const IpNetwork& network) { return network.Contains(address); });
}

bool IpList::Allows(const IpAddress& address) const {
  if (address.is_unspecified()) return allowed.empty() && denied.empty();
  if (ContainsAddress(denied, address)) return false;
  return allowed.empty() || ContainsAddress(allowed, address);
}

}  // namespace sluice
