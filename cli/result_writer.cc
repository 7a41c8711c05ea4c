#include "cli/result_writer.h"

#include <ostream>
#include <utility>

#include "cli/proto_json.h"

namespace windrow::cli {

ListWriter::ListWriter(const Session& session, std::vector<std::string> header)
    : session_(session), table_(std::move(header)) {}

void ListWriter::Add(const google::protobuf::Message& message,
                     std::vector<std::string> row) {
  switch (session_.output) {
    case OutputFormat::kTable:
      table_.Add(std::move(row));
      break;
    case OutputFormat::kJson:
      session_.out << (first_ ? "[\n" : ",\n") << ToJson(message, true);
      break;
    case OutputFormat::kJsonLines:
      session_.out << ToJson(message, false) << '\n';
      break;
  }
  first_ = false;
}

void ListWriter::Finish() {
  if (session_.output == OutputFormat::kTable) table_.Print(session_.out);
  if (session_.output == OutputFormat::kJson) {
    session_.out << (first_ ? "[]\n" : "\n]\n");
  }
}

void WriteOne(const Session& session, const google::protobuf::Message& message,
              const Fields& fields) {
  if (session.output == OutputFormat::kTable) {
    PrintFields(fields, session.out);
  } else {
    session.out << ToJson(message, session.output == OutputFormat::kJson) << '\n';
  }
}

}  // namespace windrow::cli
