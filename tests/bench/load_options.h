// bench/load_options.h -- what the driver is told: where, how much, and which requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "peer.h"

namespace sluice::bench {

struct RequestKind {
  std::string name;   // of its figures; several kinds may share them
  std::string group;  // of a name "group/what": figures of the whole group too; may be empty
  double weight = 1;
  std::string head;  // all of the request before "Content-Length" or the end of the header
  std::string body;
  bool is_post = false;

  // As it is sent; with a page token, as the request for the next page.
  std::string Bytes(const std::string& page_token = {}) const;
};

struct Options {
  Url endpoint;
  Verify verify = Verify::kYes;
  std::string token;
  size_t connections = 1;
  double seconds = 5, warmup = 1, patience = 120;
  double rate = 0;  // requests a second, of all connections; 0: closed loop
  uint64_t count = UINT64_MAX;
  int pid = 0;
  bool follow_pages = false, json = false;
  std::optional<Url> metrics;
  std::string counter = "store_requests";
  std::vector<RequestKind> requests;
};

// Ends the process, with the reason or the help, when the command line is none.
Options ParseCommandLine(int argc, char** argv);

}  // namespace sluice::bench
