// net/tls.h -- which certificate the server shows.
#pragma once

#include <string>

#include "base/result.h"

namespace sluice::net {

// PEM files. `certificate_chain_file` holds the server's certificate first, then its issuers.
struct TlsOptions {
  std::string certificate_chain_file;
  std::string private_key_file;
  std::string password_file;  // empty: the key is not encrypted
  // A certificate made at start for `localhost` and 127.0.0.1, for trying things out; the files
  // above are then empty.
  bool self_signed = false;
};

}  // namespace sluice::net
