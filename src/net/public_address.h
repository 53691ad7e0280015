// net/public_address.h -- whether an address is one of the internet at large.
#pragma once

#include "base/ip_network.h"

namespace sluice::net {

// False: of this machine, of a private network, of a link, of a group, kept for other uses, or one
// that stands for an IPv4 address by translation. Source: IANA, special-purpose address registries.
bool IsPublicAddress(const IpAddress& address);

}  // namespace sluice::net
