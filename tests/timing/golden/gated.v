// A register behind a clock gate and a clock buffer.
module gated (clk, en, d, q);
  input clk, en, d;
  output q;
  wire gclk, bclk, nd, ne;
  BUF_X1 e (.A(en), .Y(ne));
  CLKGATE_X1 gate (.CK(clk), .E(ne), .GCK(gclk));
  BUF_X1 tree (.A(gclk), .Y(bclk));
  INV_X1 i (.A(d), .Y(nd));
  DFF_X1 r (.CK(bclk), .D(nd), .Q(q));
endmodule
