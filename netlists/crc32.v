// SPDX-License-Identifier: Apache-2.0
//
// CRC-32 of a stream of bytes, one byte per cycle (polynomial 04C11DB7, reflected, as in IEEE 802.3).
//
// `rst` begins a message; each cycle with `valid` takes one byte; `crc` is the check value of the bytes so far.

module crc32 (
    input  wire        clk,
    input  wire        rst,
    input  wire        valid,
    input  wire [7:0]  data,
    output wire [31:0] crc
);
    localparam [31:0] POLYNOMIAL = 32'hEDB88320;  // 04C11DB7 with its bits in reverse order

    reg [31:0] state;

    function [31:0] after_byte(input [31:0] before, input [7:0] byte_in);
        integer i;
        begin
            after_byte = before ^ {24'b0, byte_in};
            for (i = 0; i < 8; i = i + 1)
                after_byte = {1'b0, after_byte[31:1]} ^ (after_byte[0] ? POLYNOMIAL : 32'b0);
        end
    endfunction

    always @(posedge clk)
        if (rst)        state <= 32'hFFFFFFFF;
        else if (valid) state <= after_byte(state, data);

    assign crc = ~state;
endmodule
