#include "cli/proto_json.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/flag_types.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class Writer {
 public:
  explicit Writer(bool indented) : indented_(indented) {}

  void WriteMessage(const Message& message) {
    const std::string& type = message.GetDescriptor()->full_name();
    if (type == "google.protobuf.Timestamp") {
      google::protobuf::Timestamp time;
      time.CopyFrom(message);
      return json::AppendString(TimeText(time), &out_);
    }
    if (type == "google.protobuf.Duration") {
      google::protobuf::Duration duration;
      duration.CopyFrom(message);
      return json::AppendString(DurationText(duration), &out_);
    }
    Open('{');
    const Descriptor* descriptor = message.GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      WriteField(message, descriptor->field(i));
    }
    Close('}');
  }

  std::string Take() { return std::move(out_); }

 private:
  void WriteField(const Message& message, const FieldDescriptor* field) {
    const Reflection* reflection = message.GetReflection();
    if (field->is_repeated()) {
      if (reflection->FieldSize(message, field) > 0) WriteRepeated(message, field);
      return;
    }
    const bool is_number = field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE &&
                           field->cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
                           field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM;
    const bool always = is_number && !field->has_presence();
    if (!always && !reflection->HasField(message, field)) return;
    if (field->type() == FieldDescriptor::TYPE_BYTES) {
      return WriteBytes(field, reflection->GetString(message, field));
    }
    Key(field->name());
    WriteValue(message, field, -1);
  }

  void WriteRepeated(const Message& message, const FieldDescriptor* field) {
    Key(field->name());
    const int size = message.GetReflection()->FieldSize(message, field);
    if (field->is_map()) return WriteMap(message, field, "key", "value");
    if (field->message_type() != nullptr &&
        field->message_type()->name() == "LinkedObject") {
      return WriteMap(message, field, "name", "object");
    }
    Open('[');
    for (int i = 0; i < size; ++i) {
      Separate();
      WriteValue(message, field, i);
    }
    Close(']');
  }

  // Entries sorted by their keys, so that the same message gives the same text.
  void WriteMap(const Message& message, const FieldDescriptor* field,
                const char* key_name, const char* value_name) {
    const Reflection* reflection = message.GetReflection();
    const FieldDescriptor* key = field->message_type()->FindFieldByName(key_name);
    const FieldDescriptor* value = field->message_type()->FindFieldByName(value_name);
    std::vector<const Message*> entries;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      entries.push_back(&reflection->GetRepeatedMessage(message, field, i));
    }
    const auto key_of = [&](const Message* entry) {
      return entry->GetReflection()->GetString(*entry, key);
    };
    if (field->is_map()) {
      std::sort(entries.begin(), entries.end(), [&](const Message* a, const Message* b) {
        return key_of(a) < key_of(b);
      });
    }
    Open('{');
    for (const Message* entry : entries) {
      Key(key_of(entry));
      if (value->type() == FieldDescriptor::TYPE_BYTES) {
        WriteRaw(entry->GetReflection()->GetString(*entry, value));
      } else {
        WriteValue(*entry, value, -1);
      }
    }
    Close('}');
  }

  // `index` -1: the field is not repeated.
  void WriteValue(const Message& m, const FieldDescriptor* field, int index) {
    const Reflection* r = m.GetReflection();
    const bool one = index < 0;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        out_ += fmt::to_string(one ? r->GetInt32(m, field)
                                   : r->GetRepeatedInt32(m, field, index));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        out_ += fmt::to_string(one ? r->GetInt64(m, field)
                                   : r->GetRepeatedInt64(m, field, index));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        out_ += fmt::to_string(one ? r->GetUInt32(m, field)
                                   : r->GetRepeatedUInt32(m, field, index));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        out_ += fmt::to_string(one ? r->GetUInt64(m, field)
                                   : r->GetRepeatedUInt64(m, field, index));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        out_ += fmt::to_string(one ? r->GetDouble(m, field)
                                   : r->GetRepeatedDouble(m, field, index));
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        out_ += fmt::to_string(one ? r->GetFloat(m, field)
                                   : r->GetRepeatedFloat(m, field, index));
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        out_ += (one ? r->GetBool(m, field) : r->GetRepeatedBool(m, field, index))
                    ? "true"
                    : "false";
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        json::AppendString(
            EnumText(one ? r->GetEnum(m, field) : r->GetRepeatedEnum(m, field, index)),
            &out_);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        json::AppendString(
            one ? r->GetString(m, field) : r->GetRepeatedString(m, field, index), &out_);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        WriteMessage(one ? r->GetMessage(m, field)
                         : r->GetRepeatedMessage(m, field, index));
        break;
    }
  }

  void WriteBytes(const FieldDescriptor* field, const std::string& bytes) {
    std::size_t offset = 0;
    const std::string& type = field->containing_type()->name();
    if (type == "Event" || type == "EventType") {
      Key(field->name());
      WriteRaw(bytes);
    } else if (json::IsUtf8(bytes, &offset)) {
      Key(field->name());
      json::AppendString(bytes, &out_);
    } else {
      Key(field->name() + "_base64");
      std::string encoded;
      absl::Base64Escape(bytes, &encoded);
      json::AppendString(encoded, &out_);
    }
  }

  // Inside of JSON a line feed can only be white space: strings have it escaped.
  void WriteRaw(std::string json) {
    if (!indented_) {
      std::replace_if(
          json.begin(), json.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    }
    out_ += json;
  }

  void Key(const std::string& name) {
    Separate();
    json::AppendString(name, &out_);
    out_ += indented_ ? ": " : ":";
  }

  void Open(char bracket) {
    out_ += bracket;
    ++depth_;
    first_ = true;
  }

  void Close(char bracket) {
    --depth_;
    if (!first_) NewLine();
    out_ += bracket;
    first_ = false;
  }

  void Separate() {
    if (!first_) out_ += ',';
    NewLine();
    first_ = false;
  }

  void NewLine() {
    if (!indented_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  const bool indented_;
  std::size_t depth_ = 0;
  bool first_ = true;
  std::string out_;
};

}  // namespace

std::string ToJson(const Message& message, bool indented) {
  Writer writer(indented);
  writer.WriteMessage(message);
  return writer.Take();
}

std::string EnumText(const EnumValueDescriptor* value) {
  if (value->number() == 0) return "";
  // DeliveryState → "DELIVERY_STATE_".
  std::string prefix;
  for (const char c : value->type()->name()) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !prefix.empty()) prefix += '_';
    prefix += upper ? c : static_cast<char>(c - 32);
  }
  prefix += '_';
  const std::string& name = value->name();
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

std::optional<std::string> PlainText(const Message& message,
                                     const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(reflection->GetEnum(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return fmt::to_string(reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return fmt::to_string(reflection->GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fmt::to_string(reflection->GetDouble(message, field));
    default:
      return std::nullopt;
  }
}

}  // namespace windrow::cli
