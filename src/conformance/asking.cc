#include "conformance/asking.h"

#include <utility>

#include "base/encoding.h"

namespace sluice::conformance {

Result<Told> AskMetadata(Context& context, HeaderList headers) {
  Told told;
  told.answer = TRY(context.Get(context.table().Path("/metadata"), std::move(headers)));
  told.table = TRY(context.RequireTable(told.answer));
  return told;
}

Result<Told> AskQuery(Context& context, HeaderList headers, std::string body) {
  Told told;
  told.answer =
      TRY(context.Post(context.table().Path("/query"), std::move(body), std::move(headers)));
  told.table = TRY(context.RequireTable(told.answer));
  return told;
}

HeaderList DeltaHeaders() {
  return {{std::string(kCapabilitiesHeader),
           "responseformat=delta;readerfeatures=deletionvectors,columnmapping,timestampntz"}};
}

Result<Told> AskDeltaQuery(Context& context) {
  Told told = TRY(AskQuery(context, DeltaHeaders()));
  if (!told.table.delta) return context.Skip("the server does not offer the delta format");
  return told;
}

std::string SwapCase(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return out;
}

std::string SharePath(const TableName& table) { return "/shares/" + PercentEncode(table.share); }

std::string SchemaPath(const TableName& table) {
  return SharePath(table) + "/schemas/" + PercentEncode(table.schema);
}

}  // namespace sluice::conformance
