// Says hello over HTTP, from an image that holds nothing else.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

const body = "Hello from Go\n"

// answer reads a request's head and answers it; net/http would do more, and take a minute to compile.
func answer(connection net.Conn) {
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	for lines.Scan() && lines.Text() != "" {
	}
	fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		len(body), body)
}

func main() {
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening on 8080")
	for {
		if connection, err := listener.Accept(); err == nil {
			go answer(connection)
		}
	}
}
