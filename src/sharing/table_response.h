// sharing/table_response.h -- the body of a query answer: NDJSON lines, written while they are
// sent.
//
// Memory does not depend on the number of files. Source: Delta Sharing PROTOCOL.md, "File",
// "File in Delta Format", "EndStreamAction".
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "catalog/resolver.h"
#include "delta/scan.h"
#include "delta/snapshot.h"
#include "net/http.h"
#include "sharing/capabilities.h"
#include "sharing/file_links.h"
#include "sharing/services.h"

namespace sluice::sharing {

// Everything that decides the lines of a query answer.
struct QueryPlan {
  std::shared_ptr<const catalog::SharedTable> table;
  std::shared_ptr<const delta::Snapshot> snapshot;
  Format format = Format::kParquet;
  Format id_scheme = Format::kParquet;  // how file ids are derived: fileidhash
  bool by_version = false;
  bool end_stream_action = false;
  delta::ScanOptions scan;
  // What page tokens are for.
  std::string_view operation = "QueryTable";
  std::string principal;      // who asks
  std::string request_hash;   // what page tokens are bound to
  std::string refresh_token;  // empty: none
};

// The body of a query answer: `head`, one line a file with its link, and the end-of-stream line if
// planned. A failure after the first byte ends with endStreamAction.errorMessage where the client
// asked for that line, and breaks the connection where not.
std::unique_ptr<net::BodySource> QueryBody(const Services& services, QueryPlan plan,
                                           std::unique_ptr<FileLinks> links, std::string head);

}  // namespace sluice::sharing
