#include "net/client_address.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "base/encoding.h"

namespace sluice::net {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// The elements of all fields of one name, from the last to the first. A comma within a quoted text
// parts elements, too: no address holds one, and a quote that a client left open must not swallow
// what a proxy wrote behind it.
class FromTheEnd {
 public:
  FromTheEnd(const Headers& headers, std::string_view name)
      : fields_(headers.fields()), name_(name), field_(fields_.size()) {}

  // Nothing: that was the first.
  std::optional<std::string_view> Next() {
    while (!in_field_) {
      if (field_ == 0) return std::nullopt;
      --field_;
      if (!EqualsIgnoreCase(fields_[field_].first, name_)) continue;
      rest_ = fields_[field_].second;
      in_field_ = true;
    }
    const size_t comma = rest_.rfind(',');
    in_field_ = comma != std::string_view::npos;
    const std::string_view element = in_field_ ? rest_.substr(comma + 1) : rest_;
    if (in_field_) rest_ = rest_.substr(0, comma);
    return Trimmed(element);
  }

 private:
  const std::vector<std::pair<std::string, std::string>>& fields_;
  std::string_view name_;
  size_t field_;  // the one that is being read, or was read last
  std::string_view rest_;
  bool in_field_ = false;
};

bool IsPort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<IpAddress> ReadNode(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view port = text.substr(end + 1);
    if (!port.empty() && (!port.starts_with(':') || !IsPort(port.substr(1)))) return std::nullopt;
    text = text.substr(1, end - 1);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  } else if (std::ranges::count(text, ':') == 1) {
    const size_t colon = text.find(':');
    if (!IsPort(text.substr(colon + 1))) return std::nullopt;
    text = text.substr(0, colon);
  }
  const auto address = IpAddress::Parse(text);
  if (!address || address->is_unspecified()) return std::nullopt;
  return *address;
}

// One element of a Forwarded header; views into it.
struct Hop {
  std::string_view node;
  std::string_view scheme;
  std::string_view host;
};

// name=token or name="text", parted by semicolons (RFC 7239 §4). Nothing: it is none, or says
// something twice. Escapes in quotes, which no value that counts here needs, are none either.
std::optional<Hop> ReadHop(std::string_view element) {
  Hop hop;
  while (!element.empty()) {
    const size_t end = std::min(element.find(';'), element.size());
    const std::string_view pair = Trimmed(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = pair.substr(0, equals);
    std::string_view value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    if (value.empty() || value.find_first_of("\"\\ \t") != std::string_view::npos) return {};
    std::string_view* target = EqualsIgnoreCase(name, "for")     ? &hop.node
                               : EqualsIgnoreCase(name, "proto") ? &hop.scheme
                               : EqualsIgnoreCase(name, "host")  ? &hop.host
                                                                 : nullptr;
    if (target == nullptr) continue;
    if (!target->empty()) return std::nullopt;
    *target = value;
  }
  return hop;
}

void TakeOrigin(std::string_view scheme, std::string_view host, Request& request) {
  if (EqualsIgnoreCase(scheme, "https")) request.forwarded_scheme = "https";
  if (EqualsIgnoreCase(scheme, "http")) request.forwarded_scheme = "http";
  if (!host.empty()) request.forwarded_host = host;
}

void ResolveXForwardedFor(Request& request, const std::vector<IpNetwork>& trusted) {
  const auto last = [&](std::string_view name) {
    return FromTheEnd(request.headers, name).Next().value_or("");
  };
  TakeOrigin(last("X-Forwarded-Proto"), last("X-Forwarded-Host"), request);
  FromTheEnd elements(request.headers, "X-Forwarded-For");
  while (ContainsAddress(trusted, request.client)) {
    const auto element = elements.Next();
    const auto before = element ? ReadNode(*element) : std::nullopt;
    if (!before) return;
    request.client = *before;
  }
}

void ResolveForwarded(Request& request, const std::vector<IpNetwork>& trusted) {
  FromTheEnd elements(request.headers, "Forwarded");
  while (ContainsAddress(trusted, request.client)) {
    const auto element = elements.Next();
    const auto hop = element ? ReadHop(*element) : std::nullopt;
    if (!hop) return;
    TakeOrigin(hop->scheme, hop->host, request);
    const auto before = ReadNode(hop->node);
    if (!before) return;
    request.client = *before;
  }
}

}  // namespace

IpAddress AddressOfPeer(std::string_view peer) {
  peer = peer.substr(0, peer.rfind(':'));
  if (peer.starts_with('[') && peer.ends_with(']')) peer = peer.substr(1, peer.size() - 2);
  return IpAddress::Parse(peer.substr(0, peer.find('%'))).value_or(IpAddress());
}

void ResolveClient(Request& request, const TrustedProxies& proxies) {
  request.client = AddressOfPeer(request.peer);
  if (!ContainsAddress(proxies.networks, request.client)) return;
  if (proxies.header == ForwardedHeader::kForwarded) {
    ResolveForwarded(request, proxies.networks);
  } else {
    ResolveXForwardedFor(request, proxies.networks);
  }
}

}  // namespace sluice::net
