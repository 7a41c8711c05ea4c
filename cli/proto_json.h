// API messages as JSON, for scripts. It differs from protobuf's own JSON where that is
// awkward in a shell: field names as in the .proto, 64-bit numbers as numbers, enum
// values without their type's prefix ("FAILED"), and bytes readable:
//   an Event's JSON texts   as the JSON that they are, byte for byte (on one line: line
//                           feeds between values become spaces); linked_objects as
//                           {"name": {…}}: a line that `event publish` takes. An
//                           EventType's example likewise
//   other bytes             a string where they are UTF-8, else "<name>_base64"
// Numbers and booleans are always there; empty texts, lists and messages are left out.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

namespace windrow::cli {

// `indented`: a line a field, two spaces a level; else one line. No line feed at the end.
std::string ToJson(const google::protobuf::Message& message, bool indented);

// "FAILED" of DELIVERY_STATE_FAILED; "" of the value 0.
std::string EnumText(const google::protobuf::EnumValueDescriptor* value);

// A number, boolean or enum value of a field that is not repeated; none where the field
// is of another type.
std::optional<std::string> PlainText(const google::protobuf::Message& message,
                                     const google::protobuf::FieldDescriptor* field);

}  // namespace windrow::cli
