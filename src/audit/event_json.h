// audit/event_json.h -- an event as JSON, with the columns of Databricks' system.access.audit.
//
// Beyond those stand share_name, recipient_name, table_name, bytes_read and reason.
// `response.result` is text that holds JSON, as there, so that from_json(response.result, ...)
// works. Written without a document in memory: each request passes here.
#pragma once

#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::audit {

// No text of an event is longer in the log (user agents come from outside); "..." ends one that
// was. Facts are whole, for they say what was changed: who makes an event cuts those that do not.
inline constexpr size_t kMaxText = 4096;
// All of the facts of request_params, as they are written (WrittenSize), so that the line they are
// in is never longer than a line may be.
inline constexpr size_t kMaxParams = 896 << 10;

// What the log fills in. The event's own id and time count where it has them.
struct Stamp {
  std::string_view account_id{};
  std::string_view event_id{};
  TimePoint time{};
};

// Appends the object without its closing brace: the log goes on with the chain.
void AppendOpenEvent(const Event& event, const Stamp& stamp, std::string& out);
// The whole object.
std::string EventJson(const Event& event, const Stamp& stamp = {});

// The event of a line of the log. Members that are not known here are passed over.
// Errors: kCorrupt  not an event
Result<Event> ParseEvent(std::string_view line);

// At most `longest` bytes of it, the "..." included that ends it then.
std::string Shortened(std::string_view text, size_t longest = kMaxText);
size_t WrittenSize(const Facts& facts);

// How a member of the top level stands in each line that has it: `,"action_name":"createShare",`.
// A line without this text has another value; one with it need not have it (names in
// request_params).
std::string MemberText(std::string_view name, std::string_view value);

}  // namespace sluice::audit
