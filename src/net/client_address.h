// net/client_address.h -- which address a request comes from, when proxies stand before the server.
//
// What a request says about its way here is only believed when the peer is a proxy that the
// operator trusts, and only in the one header that the operator's proxies write: the other one may
// be the client's own, passed on by a proxy that does not know it. The list in the header is walked
// from its end, where the nearest proxy wrote, as long as the writer is trusted; the first address
// that is no trusted proxy is the client. An element that is no address ends the walk at the proxy
// that wrote it: what stands before it is nobody's word.
#pragma once

#include <string_view>
#include <vector>

#include "base/ip_network.h"
#include "base/result.h"
#include "net/http.h"

namespace sluice::net {

// The header that the proxies write.
enum class ForwardedHeader {
  kXForwardedFor,  // X-Forwarded-For, and X-Forwarded-Proto and X-Forwarded-Host beside it
  kForwarded,      // RFC 7239: for=, proto= and host=
};

struct TrustedProxies {
  std::vector<IpNetwork> networks{};  // none: nobody is believed
  ForwardedHeader header = ForwardedHeader::kXForwardedFor;
};

// Fills `client`, `forwarded_scheme` and `forwarded_host` of a request whose `peer` and headers are
// there. Of several schemes and hosts the one that a trusted proxy wrote last in the walk counts
// for kForwarded, and the last of the list for kXForwardedFor.
void ResolveClient(Request& request, const TrustedProxies& proxies);

// The address of "127.0.0.1:50312" or "[::1]:50312"; unspecified when it is none. A zone is left
// out: it says which cable, not who.
IpAddress AddressOfPeer(std::string_view peer);

}  // namespace sluice::net
