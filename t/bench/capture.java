import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.BinaryLogFileReader;
import com.github.shyiko.mysql.binlog.event.*;
import com.github.shyiko.mysql.binlog.event.deserialization.*;
import java.io.File;

/** Decodes a log with mysql-binlog-connector-java and counts its rows: FILE, or PORT FILE FROM TO of a server. */
public class capture {
	static long rows;

	static void count(Event event) {
		EventData data = event.getData();
		if (data instanceof WriteRowsEventData)
			rows += ((WriteRowsEventData) data).getRows().size();
		else if (data instanceof UpdateRowsEventData)
			rows += ((UpdateRowsEventData) data).getRows().size();
		else if (data instanceof DeleteRowsEventData)
			rows += ((DeleteRowsEventData) data).getRows().size();
	}

	public static void main(String[] args) throws Exception {
		EventDeserializer deserializer = new EventDeserializer();
		if (args.length == 1) {
			try (BinaryLogFileReader reader = new BinaryLogFileReader(new File(args[0]), deserializer)) {
				for (Event event; (event = reader.readEvent()) != null;)
					count(event);
			}
		} else {
			BinaryLogClient client = new BinaryLogClient("127.0.0.1", Integer.parseInt(args[0]), "root", "");
			client.setBinlogFilename(args[1]);
			client.setBinlogPosition(Long.parseLong(args[2]));
			client.setServerId(77);
			long end = Long.parseLong(args[3]);
			client.setEventDeserializer(deserializer);
			client.registerEventListener(event -> {
				count(event);
				EventHeader header = event.getHeader();
				if (header instanceof EventHeaderV4 && ((EventHeaderV4) header).getNextPosition() >= end && client.getBinlogFilename().equals(args[1]))
					try {
						client.disconnect();
					} catch (java.io.IOException e) {
						throw new RuntimeException(e);
					}
			});
			client.connect();
		}
		System.err.println("# rows: " + rows);
	}
}
